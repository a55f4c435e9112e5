"""Prints the secret key that python-dotenv finds in ./.env."""

import dotenv

print(dotenv.dotenv_values(".env")["AWS_SECRET_ACCESS_KEY"], end="")
