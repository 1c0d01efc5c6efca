"""Go inside Bazel with the machine's own toolchain: no rules_go, modules from the Go module proxy.

Every action copies its declared inputs into a staging tree and runs `go` there, so that generated code and the
built web application are found where the module expects them. See rules/README.md.
"""

_NETWORK = {
    "no-sandbox": "1",
    "requires-network": "1",
}

_ENV = attr.label(default = "@egi_host//:env.sh", allow_single_file = True)
_STAGE = attr.label(default = "//rules:stage.sh", allow_single_file = True)

def _module_dir(ctx):
    return ctx.attr.module or ctx.label.package

def _manifest(ctx, name, runfiles):
    """Writes SOURCE<TAB>DESTINATION lines of srcs and staged; returns (manifest, inputs)."""
    lines = []
    for file in ctx.files.srcs:
        lines.append((file.short_path if runfiles else file.path) + "\t" + file.short_path)
    for target, destination in ctx.attr.staged.items():
        files = target.files.to_list()
        for file in files:
            place = _module_dir(ctx) + "/" + destination
            if not file.is_directory and (len(files) > 1 or destination.endswith("/")):
                place += "/" + file.basename
            lines.append((file.short_path if runfiles else file.path) + "\t" + place)
    manifest = ctx.actions.declare_file(name)
    ctx.actions.write(manifest, "\n".join(lines) + "\n")
    return manifest, ctx.files.srcs + ctx.files.staged

def _go_binary_impl(ctx):
    manifest, inputs = _manifest(ctx, ctx.label.name + ".stage", False)
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run(
        executable = ctx.file._build,
        arguments = [ctx.file._env.path, manifest.path, _module_dir(ctx), out.path, ctx.attr.go_package],
        inputs = inputs + [manifest, ctx.file._env, ctx.file._stage],
        outputs = [out],
        mnemonic = "GoBuild",
        progress_message = "go build %s" % ctx.label,
        execution_requirements = _NETWORK,
        use_default_shell_env = True,
    )
    return [DefaultInfo(executable = out, files = depset([out]), runfiles = ctx.runfiles([out]))]

_go_binary = rule(
    implementation = _go_binary_impl,
    executable = True,
    attrs = {
        "srcs": attr.label_list(allow_files = True, mandatory = True),
        "module": attr.string(),
        "go_package": attr.string(mandatory = True),
        "staged": attr.label_keyed_string_dict(allow_files = True),
        "_env": _ENV,
        "_stage": _STAGE,
        "_build": attr.label(default = "//rules:go_build.sh", allow_single_file = True),
    },
)

def egi_go_binary(name, srcs, package = ".", module = "", staged = {}, **kwargs):
    """A program of a Go module.

    Args:
      name: the target and the name of the program.
      srcs: go.mod, go.sum and every source or embedded file of the module.
      package: what to build, relative to the module, e.g. "./cmd/egi-gateway".
      module: folder of go.mod in the workspace; default: this Bazel package.
      staged: label -> place in the module for generated inputs, e.g. {":gen": "gen", "//gateway/web:app": "web/dist"};
        a directory becomes that folder, a single file that file (or lands in it if the place ends in "/").
      **kwargs: visibility, tags and the like.
    """
    _go_binary(name = name, srcs = srcs, go_package = package, module = module, staged = staged, **kwargs)

def _go_test_impl(ctx):
    manifest, inputs = _manifest(ctx, ctx.label.name + ".stage", True)
    tools = ctx.file._tools
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        script,
        "#!/usr/bin/env bash\nset -euo pipefail\nexec rules/go_test.sh %s %s %s %s %s \"$@\"\n" % (
            "external/egi_host/env.sh",
            manifest.short_path,
            _module_dir(ctx),
            tools.short_path,
            " ".join(["'%s'" % a for a in ctx.attr.go_args]),
        ),
        is_executable = True,
    )
    files = inputs + [manifest, tools, ctx.file._env, ctx.file._stage, ctx.file._test] + ctx.files.data
    runfiles = ctx.runfiles(files)
    for target in ctx.attr.data:
        runfiles = runfiles.merge(target[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

_go_test = rule(
    implementation = _go_test_impl,
    test = True,
    attrs = {
        "srcs": attr.label_list(allow_files = True, mandatory = True),
        "module": attr.string(),
        "staged": attr.label_keyed_string_dict(allow_files = True),
        "data": attr.label_list(allow_files = True),
        "go_args": attr.string_list(),
        "_env": _ENV,
        "_stage": _STAGE,
        "_tools": attr.label(default = "//tools/go:bin", allow_single_file = True),
        "_test": attr.label(default = "//rules:go_test.sh", allow_single_file = True),
    },
)

def egi_go_test(name, srcs, module = "", staged = {}, data = [], go_args = [], tags = [], **kwargs):
    """go vet, staticcheck and go test of a whole module (one test.xml with every case).

    Args:
      name: the target.
      srcs: as for egi_go_binary, with the _test.go files.
      module: as for egi_go_binary.
      staged: as for egi_go_binary.
      data: programs and files the tests open below $EGI_RUNFILES (e.g. $EGI_RUNFILES/server/egi-server).
      go_args: arguments of `go test`, e.g. ["-race"].
      tags: more tags; the test runs with network and outside the sandbox.
      **kwargs: size, timeout, flaky is not wanted.
    """
    _go_test(
        name = name,
        srcs = srcs,
        module = module,
        staged = staged,
        data = data,
        go_args = go_args,
        tags = tags + ["no-sandbox", "requires-network"],
        **kwargs
    )

def _go_tools_impl(ctx):
    lines = ["%s\t%s" % (f.path, f.short_path) for f in ctx.files.srcs]
    manifest = ctx.actions.declare_file(ctx.label.name + ".stage")
    ctx.actions.write(manifest, "\n".join(lines) + "\n")
    out = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run(
        executable = ctx.file._build,
        arguments = [ctx.file._env.path, manifest.path, ctx.label.package, out.path + "/", "tool"],
        inputs = ctx.files.srcs + [manifest, ctx.file._env, ctx.file._stage],
        outputs = [out],
        mnemonic = "GoTools",
        progress_message = "go build of the pinned tools",
        execution_requirements = _NETWORK,
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

egi_go_tools = rule(
    implementation = _go_tools_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = True, mandatory = True),
        "_env": _ENV,
        "_stage": _STAGE,
        "_build": attr.label(default = "//rules:go_build.sh", allow_single_file = True),
    },
    doc = "A directory with every program of the module's `tool` directives.",
)

def _go_proto_impl(ctx):
    out = ctx.actions.declare_directory(ctx.label.name)
    tools = ctx.file._tools
    args = ctx.actions.args()
    args.add(tools.path)
    args.add(out.path)
    args.add(ctx.attr.prefix)
    args.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = ctx.file._protoc,
        arguments = [args],
        inputs = ctx.files.srcs + [tools],
        outputs = [out],
        mnemonic = "GoProto",
        progress_message = "protoc (Go, REST, OpenAPI) %s" % ctx.label,
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([out]))]

go_proto = rule(
    implementation = _go_proto_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".proto"], mandatory = True),
        "prefix": attr.string(mandatory = True, doc = "start of every go_package that is cut off"),
        "_tools": attr.label(default = "//tools/go:bin", allow_single_file = True),
        "_protoc": attr.label(default = "//rules:protoc_go.sh", allow_single_file = True),
    },
    doc = "A directory with the Go code of protos, the merged Swagger 2 file openapi/egi.swagger.json and egi.protoset.",
)

def _directory_file_impl(ctx):
    out = ctx.actions.declare_file(ctx.attr.out or ctx.attr.path.rpartition("/")[2])
    ctx.actions.run_shell(
        command = 'cp "$1/$2" "$3"',
        arguments = [ctx.file.directory.path, ctx.attr.path, out.path],
        inputs = [ctx.file.directory],
        outputs = [out],
    )
    return [DefaultInfo(files = depset([out]))]

directory_file = rule(
    implementation = _directory_file_impl,
    attrs = {
        "directory": attr.label(allow_single_file = True, mandatory = True),
        "path": attr.string(mandatory = True),
        "out": attr.string(),
    },
    doc = "One file of a directory target, e.g. gen's openapi/egi.swagger.json.",
)
