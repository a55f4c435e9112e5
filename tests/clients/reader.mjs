// Prints who the JavaScript SDK is: the Arn of GetCallerIdentity for the profile in AWS_PROFILE.
// Its one argument is the directory that holds node_modules.

import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "package.json"));
const { GetCallerIdentityCommand, STSClient } = require("@aws-sdk/client-sts");
const { fromNodeProviderChain } = require("@aws-sdk/credential-providers");

try {
  const client = new STSClient({ credentials: fromNodeProviderChain(), maxAttempts: 1 });
  const answer = await client.send(new GetCallerIdentityCommand({}));
  console.log(answer.Arn);
} catch (error) {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
