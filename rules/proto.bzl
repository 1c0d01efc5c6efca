"""Runs the system protoc and grpc_cpp_plugin: .proto -> cc_library, no downloads.

Import paths and C++ include paths are relative to the package that calls
cc_proto, so `//proto:x` with srcs "platform/v1/a.proto" is imported as
"platform/v1/a.proto" and included as "platform/v1/a.pb.h".
"""

SystemProtoInfo = provider(fields = {
    "roots": "depset of import roots (directories)",
    "srcs": "depset of .proto files",
})

_PROTOC = "/usr/bin/protoc"
_GRPC_PLUGIN = "/usr/bin/grpc_cpp_plugin"

# Debian's golang-github-gogo-googleapis-dev ships the google/api and google/rpc protos here.
_GOOGLEAPIS = "/usr/share/gocode/src/github.com/gogo/googleapis"

# Debian's grpc-proto ships the protos of gRPC's own services here.
_GRPC_PROTO = "/usr/share/grpc-proto"

def _proto_gen_impl(ctx):
    root = ctx.label.package
    for src in ctx.files.srcs:
        if not src.is_source or not src.path.startswith(root + "/"):
            fail("%s is not a source file of package %s" % (src.path, root))
    roots = depset([root], transitive = [d[SystemProtoInfo].roots for d in ctx.attr.deps])
    srcs = depset(ctx.files.srcs, transitive = [d[SystemProtoInfo].srcs for d in ctx.attr.deps])

    hdrs = []
    ccs = []
    exts = [".pb"] + ([".grpc.pb"] if ctx.attr.grpc else [])
    for src in ctx.files.srcs:
        stem = src.path[len(root) + 1:-len(".proto")]
        for ext in exts:
            hdrs.append(ctx.actions.declare_file(stem + ext + ".h"))
            ccs.append(ctx.actions.declare_file(stem + ext + ".cc"))
    out_dir = ctx.bin_dir.path + "/" + root
    descriptor = ctx.actions.declare_file(ctx.label.name + ".protoset")

    args = ctx.actions.args()
    args.add_all(roots, before_each = "-I")
    args.add("-I", "/usr/include")
    args.add("-I", _GOOGLEAPIS)
    args.add("--cpp_out=" + out_dir)
    if ctx.attr.grpc:
        args.add("--grpc_out=" + out_dir)
        args.add("--plugin=protoc-gen-grpc=" + _GRPC_PLUGIN)
    args.add("--descriptor_set_out=" + descriptor.path)
    args.add("--include_imports")
    args.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = _PROTOC,
        arguments = [args],
        inputs = srcs,
        outputs = hdrs + ccs + [descriptor],
        mnemonic = "SystemProtoc",
        progress_message = "protoc %s" % ctx.label,
    )
    return [
        DefaultInfo(files = depset(hdrs + ccs)),
        OutputGroupInfo(
            hdrs = depset(hdrs),
            ccs = depset(ccs),
            protoset = depset([descriptor]),
        ),
        SystemProtoInfo(roots = roots, srcs = srcs),
    ]

_proto_gen = rule(
    implementation = _proto_gen_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".proto"], mandatory = True),
        "deps": attr.label_list(providers = [SystemProtoInfo]),
        "grpc": attr.bool(),
    },
)

def cc_proto(name, srcs, deps = [], grpc = False, **kwargs):
    """cc_library of the C++ code protoc (and with grpc=True the gRPC plugin) makes.

    Args:
      name: the cc_library; the generator is name + "_gen".
      srcs: .proto files of this package.
      deps: other cc_proto targets whose protos are imported.
      grpc: also generate service stubs.
      **kwargs: passed to cc_library.
    """
    visibility = kwargs.pop("visibility", None)
    gen = name + "_gen"
    _proto_gen(
        name = gen,
        srcs = srcs,
        deps = [d + "_gen" for d in deps],
        grpc = grpc,
        visibility = visibility,
    )
    native.filegroup(
        name = name + "_hdrs",
        srcs = [gen],
        output_group = "hdrs",
    )
    native.filegroup(
        name = name + "_ccs",
        srcs = [gen],
        output_group = "ccs",
    )
    native.filegroup(
        name = name + "_protoset",
        srcs = [gen],
        output_group = "protoset",
        visibility = visibility,
    )
    native.cc_library(
        name = name,
        srcs = [name + "_ccs"],
        hdrs = [name + "_hdrs"],
        copts = ["-w"],
        includes = ["."],
        visibility = visibility,
        deps = deps + ["//third_party:grpc++" if grpc else "//third_party:protobuf"],
        **kwargs
    )

def _system_proto_gen_impl(ctx):
    outs = []
    for proto in ctx.attr.protos:
        stem = proto[:-len(".proto")]
        outs += [ctx.actions.declare_file(stem + ".pb.h"), ctx.actions.declare_file(stem + ".pb.cc")]
    args = ctx.actions.args()
    args.add("-I", "/usr/include")
    args.add("-I", _GOOGLEAPIS)
    args.add("-I", _GRPC_PROTO)
    args.add("--cpp_out=" + ctx.bin_dir.path + "/" + ctx.label.package)
    args.add_all(ctx.attr.protos)
    ctx.actions.run(
        executable = _PROTOC,
        arguments = [args],
        outputs = outs,
        mnemonic = "SystemProtoc",
        progress_message = "protoc %s" % ctx.label,
    )
    return [
        DefaultInfo(files = depset(outs)),
        OutputGroupInfo(
            hdrs = depset([f for f in outs if f.extension == "h"]),
            ccs = depset([f for f in outs if f.extension == "cc"]),
        ),
        SystemProtoInfo(roots = depset(), srcs = depset()),
    ]

_system_proto_gen = rule(
    implementation = _system_proto_gen_impl,
    attrs = {"protos": attr.string_list(mandatory = True)},
)

def system_cc_proto(name, protos, **kwargs):
    """cc_library of protos that a Debian package installs (found on protoc's import path).

    Args:
      name: the cc_library; the generator is name + "_gen", so that cc_proto may depend on it.
      protos: import names, e.g. "google/api/http.proto".
      **kwargs: passed to cc_library.
    """
    gen = name + "_gen"
    _system_proto_gen(name = gen, protos = protos, visibility = ["//visibility:public"])
    native.filegroup(name = name + "_hdrs", srcs = [gen], output_group = "hdrs")
    native.filegroup(name = name + "_ccs", srcs = [gen], output_group = "ccs")
    native.cc_library(
        name = name,
        srcs = [name + "_ccs"],
        hdrs = [name + "_hdrs"],
        copts = ["-w"],
        includes = ["."],
        deps = ["//third_party:protobuf"],
        **kwargs
    )
