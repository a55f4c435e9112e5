// Prints who the JavaScript SDK is: the Arn of GetCallerIdentity for the profile in AWS_PROFILE, and again for each line
// of stdin if READER_REPEATS.
// Its one argument is the directory that holds node_modules.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.argv[2], "package.json"));
const { GetCallerIdentityCommand, STSClient } = require("@aws-sdk/client-sts");
const { fromNodeProviderChain } = require("@aws-sdk/credential-providers");

try {
  const client = new STSClient({ credentials: fromNodeProviderChain(), maxAttempts: 1 });
  const ask = async () => console.log((await client.send(new GetCallerIdentityCommand({}))).Arn);
  await ask();
  if (process.env.READER_REPEATS) {
    for await (const _ of createInterface({ input: process.stdin })) await ask();
  }
} catch (error) {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
