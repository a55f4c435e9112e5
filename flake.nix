# nix run ADDRESS-OF-THIS-REPOSITORY; or `inputs.awsauth.url = "git+https://…"` in a flake of your own.
{
  description = "One declarative profiles.toml for every AWS profile, and one login command for all of them";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      manifest = (nixpkgs.lib.importTOML ./Cargo.toml).package;
      awsauth =
        pkgs:
        pkgs.rustPlatform.buildRustPackage {
          pname = manifest.name;
          inherit (manifest) version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          cargoBuildFlags = [
            "--package"
            "awsauth"
          ];
          # The tests start servers and terminals; `.ci/run` runs them.
          doCheck = false;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            mkdir man
            $out/bin/awsauth man --dir man
            installManPage man/*.1
            for shell in bash zsh fish; do
              $out/bin/awsauth completions $shell >awsauth.$shell
            done
            installShellCompletion awsauth.{bash,zsh,fish}
          '';
          meta = {
            inherit (manifest) description;
            license = with nixpkgs.lib.licenses; [
              mit
              asl20
            ];
            mainProgram = "awsauth";
          };
        };
    in
    {
      packages = nixpkgs.lib.genAttrs systems (system: {
        default = awsauth nixpkgs.legacyPackages.${system};
      });
    };
}
