// Prints what the JavaScript SDK makes of files: JSON lines of {"path", "kind"} in, one line out for each.
// A line is {"sections": {"profile NAME": {key: value}}}; a nested setting is "block.key". Its one argument is the
// directory that holds node_modules.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.argv[2], "package.json"));
const { loadSharedConfigFiles } = require("@smithy/core/config");

const typed = (name) => /^(sso-session|services)\./.exec(name)?.[1];
const title = (name, kind) => {
  const word = kind === "config" ? typed(name) : undefined;
  return word ? `${word} ${name.slice(word.length + 1)}` : `profile ${name}`;
};

for await (const line of createInterface({ input: process.stdin })) {
  const { path, kind } = JSON.parse(line);
  const nowhere = "/nonexistent";
  const [configFilepath, filepath] = kind === "config" ? [path, nowhere] : [nowhere, path];
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ configFilepath, filepath, ignoreCache: true });
  const found = kind === "config" ? configFile : credentialsFile;
  const sections = Object.entries(found).map(([name, settings]) => [title(name, kind), settings]);
  console.log(JSON.stringify({ sections: Object.fromEntries(sections) }));
}
