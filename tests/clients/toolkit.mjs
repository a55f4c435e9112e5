// What AWS Toolkit for VS Code does with the profiles of ~/.aws, with the SDK that it is made of: {NAME: ARN}, or the error's
// words. The order in which it looks at keys is that of its SharedCredentialsProvider; a code is never given.
// Its one argument is the directory that holds node_modules.

import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "package.json"));
const { GetCallerIdentityCommand, STSClient } = require("@aws-sdk/client-sts");
const { fromIni, fromProcess, fromSSO } = require("@aws-sdk/credential-providers");
const { loadSharedConfigFiles } = require("@smithy/core/config");

const { configFile, credentialsFile } = await loadSharedConfigFiles();
const profiles = {};
for (const file of [configFile, credentialsFile]) {
  for (const [name, keys] of Object.entries(file)) {
    if (!name.startsWith("sso-session.")) profiles[name] = { ...profiles[name], ...keys };
  }
}

function provider(profile, name) {
  if (profile.role_arn) return fromIni({ profile: name, mfaCodeProvider: () => Promise.reject(new Error("asks for a code")) });
  if (profile.credential_process) return fromProcess({ profile: name });
  if (profile.aws_access_key_id) return fromIni({ profile: name });
  if (profile.sso_account_id) return fromSSO({ profile: name });
  return () => Promise.reject(new Error("not supported by the Toolkit"));
}

const found = {};
for (const [name, profile] of Object.entries(profiles)) {
  try {
    const client = new STSClient({ credentials: provider(profile, name), region: profile.region ?? "us-east-1", maxAttempts: 1 });
    found[name] = (await client.send(new GetCallerIdentityCommand({}))).Arn;
  } catch (error) {
    found[name] = error.message;
  }
}
console.log(JSON.stringify(found));
