"""npm packages inside Bazel with the machine's Node (18 or newer) and the package's own lock file."""

_NETWORK = {
    "no-sandbox": "1",
    "requires-network": "1",
}

_ATTRS = {
    "srcs": attr.label_list(allow_files = True, mandatory = True),
    "staged": attr.label_keyed_string_dict(allow_files = True),
    "command": attr.string(mandatory = True),
    "_env": attr.label(default = "@egi_host//:env.sh", allow_single_file = True),
    "_stage": attr.label(default = "//rules:stage.sh", allow_single_file = True),
    "_npm": attr.label(default = "//rules:npm.sh", allow_single_file = True),
}

def _manifest(ctx, runfiles):
    lines = []
    for file in ctx.files.srcs:
        lines.append((file.short_path if runfiles else file.path) + "\t" + file.short_path)
    for target, destination in ctx.attr.staged.items():
        for file in target.files.to_list():
            place = ctx.label.package + "/" + destination
            if not file.is_directory and destination.endswith("/"):
                place += file.basename
            lines.append((file.short_path if runfiles else file.path) + "\t" + place)
    manifest = ctx.actions.declare_file(ctx.label.name + ".stage")
    ctx.actions.write(manifest, "\n".join(lines) + "\n")
    return manifest, ctx.files.srcs + ctx.files.staged + [manifest, ctx.file._env, ctx.file._stage]

def _web_app_impl(ctx):
    manifest, inputs = _manifest(ctx, False)
    out = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run(
        executable = ctx.file._npm,
        arguments = [ctx.file._env.path, manifest.path, ctx.label.package, ctx.attr.command, out.path, ctx.attr.dist],
        inputs = inputs,
        outputs = [out],
        mnemonic = "NpmBuild",
        progress_message = "npm build %s" % ctx.label,
        execution_requirements = _NETWORK,
        use_default_shell_env = True,
    )
    return [DefaultInfo(files = depset([out]))]

egi_web_app = rule(
    implementation = _web_app_impl,
    attrs = dict(_ATTRS, dist = attr.string(default = "dist")),
    doc = """Runs `command` (e.g. "npm run build") in the package after npm ci; yields its folder `dist` as a directory.

srcs holds package.json, package-lock.json and the sources; staged as in egi_go_binary.""",
)

def _npm_test_impl(ctx):
    manifest, inputs = _manifest(ctx, True)
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    quoted = "'" + ctx.attr.command.replace("'", "'\\''") + "'"
    ctx.actions.write(
        script,
        "#!/usr/bin/env bash\nset -euo pipefail\nexec rules/npm.sh external/egi_host/env.sh %s %s %s\n" % (
            manifest.short_path,
            ctx.label.package,
            quoted,
        ),
        is_executable = True,
    )
    runfiles = ctx.runfiles(inputs + [ctx.file._npm] + ctx.files.data)
    for target in ctx.attr.data:
        runfiles = runfiles.merge(target[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

_npm_test = rule(
    implementation = _npm_test_impl,
    test = True,
    attrs = dict(_ATTRS, data = attr.label_list(allow_files = True)),
)

def egi_npm_test(name, srcs, command, staged = {}, data = [], tags = [], **kwargs):
    """A test command of an npm package.

    Args:
      name: the target.
      srcs: package.json, package-lock.json, sources and tests.
      command: shell command in the package's folder with node_modules/.bin on PATH; it may write its cases as JUnit XML to
        "$XML_OUTPUT_FILE", e.g. "tsc --noEmit && vitest run --reporter=default --reporter=junit --outputFile.junit=$XML_OUTPUT_FILE".
      staged: as in egi_go_binary.
      data: programs and files found below $EGI_RUNFILES.
      tags: more tags.
      **kwargs: size, timeout and the like.
    """
    _npm_test(
        name = name,
        srcs = srcs,
        command = command,
        staged = staged,
        data = data,
        tags = tags + ["no-sandbox", "requires-network"],
        **kwargs
    )
