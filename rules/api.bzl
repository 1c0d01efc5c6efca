"""Targets of the folders of server/api: services of one file, and their tests."""

def api_services(proto, services, others):
    """A library for each service of one file, and `services` for all of the folder.

    Args:
      proto: the cc_proto the services implement.
      services: what each service of one file needs besides the usual.
      others: labels of the services that stand for themselves.
    """
    for name, deps in services.items():
        native.cc_library(
            name = name,
            srcs = [name + ".cc"],
            hdrs = [name + ".h"],
            deps = [
                proto,
                "//server/api:calls",
                "//server/api:fields",
                "//server/base:clock",
                "//server/storage/read:readers",
                "//server/storage/write:stores",
            ] + deps,
        )
    native.cc_library(
        name = "services",
        deps = others + [":" + name for name in services],
    )

def api_tests(names, server = "//server/api:api_test_server"):
    """Tests of services against real PostgreSQL.

    Args:
      names: of the sources, without `_test.cc`.
      server: the fixture.
    """
    for name in names:
        native.cc_test(
            name = name + "_test",
            srcs = [name + "_test.cc"],
            tags = ["no_tsan"],
            deps = [server],
        )
