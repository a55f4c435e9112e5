// Prints the secret key that the package dotenv, below the folder in the first argument, finds in ./.env.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const dotenv = createRequire(`${process.argv[2]}/`)("dotenv");
process.stdout.write(dotenv.parse(readFileSync(".env")).AWS_SECRET_ACCESS_KEY);
