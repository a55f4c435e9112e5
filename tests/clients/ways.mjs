// How the JavaScript SDK gets the credentials of profiles: JSON lines of {"home", "names"} in, one line of {NAME: CHAIN} out.
// Chains are those of profile_chains.py. Its one argument is the directory that holds node_modules.
//
// Nothing leaves this process: calls to AWS and programs are answered here, each with a key whose id says how it was got.

import childProcess from "node:child_process";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";

const id = (chain) => `X${Buffer.from(JSON.stringify(chain)).toString("hex")}`;
const chainOf = (text) => (/^X[0-9a-f]+$/.test(text) ? JSON.parse(Buffer.from(text.slice(1), "hex")) : { key: text });
const END = new Date(Date.now() + 3600e3);

childProcess.exec = (command, done) => {
  const keys = { Version: 1, AccessKeyId: id({ process: command }), SecretAccessKey: "-" };
  done(null, { stdout: JSON.stringify(keys), stderr: "" });
};
syncBuiltinESMExports();

const require = createRequire(join(process.argv[2], "package.json"));
const { fromNodeProviderChain } = require("@aws-sdk/credential-providers");

function answer(request) {
  if (request.path.endsWith("/federation/credentials")) {
    const token = JSON.parse(Buffer.from(request.headers["x-amz-sso_bearer_token"].slice(1), "hex"));
    const chain = { sso: { ...token, account: request.query.account_id, role: request.query.role_name } };
    const keys = { accessKeyId: id(chain), secretAccessKey: "-", sessionToken: "-", expiration: END.getTime() };
    return JSON.stringify({ roleCredentials: keys });
  }
  const source = /Credential=([^/]+)\//.exec(request.headers.authorization)[1];
  const role = new URLSearchParams(request.body).get("RoleArn");
  const keys = `<AccessKeyId>${id({ role, source: chainOf(source) })}</AccessKeyId><SecretAccessKey>-</SecretAccessKey>`;
  const session = `<SessionToken>-</SessionToken><Expiration>${END.toISOString()}</Expiration>`;
  return `<AssumeRoleResponse><AssumeRoleResult><Credentials>${keys}${session}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

const requestHandler = {
  handle: async (request) => ({ response: { statusCode: 200, headers: {}, body: Readable.from([answer(request)]) } }),
};

process.env.AWS_REGION = "us-east-1";
process.env.AWS_ACCESS_KEY_ID = id({ credential_source: "Environment" });
process.env.AWS_SECRET_ACCESS_KEY = "-";
process.env.AWS_EC2_METADATA_DISABLED = "true";
process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = "http://127.0.0.1:1";
// A source that fails while nobody waits for it.
process.on("unhandledRejection", () => {});

async function way(home, profile) {
  process.env.AWS_CONFIG_FILE = join(home, ".aws/config");
  process.env.AWS_SHARED_CREDENTIALS_FILE = join(home, ".aws/credentials");
  try {
    const keys = await fromNodeProviderChain({ profile, clientConfig: { requestHandler } })();
    return chainOf(keys.accessKeyId);
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { home, names } = JSON.parse(line);
  const ways = {};
  for (const name of names) {
    ways[name] = await way(home, name);
  }
  console.log(JSON.stringify({ ways }));
}
