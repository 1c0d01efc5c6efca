"""What the Go and npm rules take from the machine: PATH, home, proxies, certificates.

Only their actions read @egi_host//:env.sh, so that another PATH does not recompile the C++ code.
"""

_VARIABLES = [
    "EGI_CACHE_DIR",
    "GOCACHE",
    "GOMODCACHE",
    "GONOSUMDB",
    "GOPROXY",
    "GOSUMDB",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "XDG_CACHE_HOME",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "npm_config_cache",
    "npm_config_registry",
]

def _quoted(value):
    return "'" + value.replace("'", "'\\''") + "'"

def _egi_host_impl(ctx):
    lines = ["# Written by rules/host.bzl."]
    for name in _VARIABLES:
        value = ctx.os.environ.get(name)
        if value:
            lines.append("export %s=%s" % (name, _quoted(value)))
    ctx.file("env.sh", "\n".join(lines) + "\n")
    ctx.file("BUILD.bazel", 'exports_files(["env.sh"])\n')

egi_host = repository_rule(
    implementation = _egi_host_impl,
    environ = _VARIABLES,
    local = True,
    doc = "Records the variables above in env.sh; evaluated again whenever one of them changes.",
)
