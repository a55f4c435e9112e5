"""Prints the host of every endpoint that botocore's rules give, one a line: each service in each region, also with FIPS and
over IPv6."""

import re

import botocore.endpoint_provider
import botocore.exceptions
import botocore.session

loader = botocore.session.Session().get_component("data_loader")
partitions = loader.load_data("partitions")
# Names such as `aws-global` stand for a partition, and never in an address that a person writes.
regions = [r for p in partitions["partitions"] for r in p["regions"] if not r.endswith("-global")]
hosts = set()
for service in loader.list_available_services("endpoint-rule-set-1"):
    rules = loader.load_service_model(service, "endpoint-rule-set-1")
    provider = botocore.endpoint_provider.EndpointProvider(rules, partitions)
    given = {name: rule["default"] for name, rule in rules["parameters"].items() if rule.get("default") is not None}
    for region in regions:
        for variant in range(4):
            wanted = {"Region": region, "UseFIPS": variant % 2 == 1, "UseDualStack": variant >= 2}
            given.update((name, value) for name, value in wanted.items() if name in rules["parameters"])
            try:
                url = provider.resolve_endpoint(**given).url
            except botocore.exceptions.BotoCoreError:
                continue
            hosts.add(re.sub("^https?://", "", url).split("/")[0])
print("\n".join(sorted(hosts)))
