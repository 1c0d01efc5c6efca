// gRPC clients of the running server, made from the descriptor set that the build makes of the protos.
import { readFileSync } from "node:fs";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { program, server } from "./platform.mjs";

const DEADLINE_MS = 20_000;
const definition = loader.loadFileDescriptorSetFromBuffer(readFileSync(program("tests/integration/egi.protoset.bin")), { keepCase: true, longs: String, enums: String, defaults: false, oneofs: true });
const root = grpc.loadPackageDefinition(definition);

const service = (name) => name.split(".").reduce((each, part) => each[part], root);
// google/rpc/error_details.proto travels inside google.rpc.Status only, so the descriptor set lacks it.
const BadRequest = protobuf
  .parse("syntax='proto3'; message BadRequest { message FieldViolation { string field = 1; string description = 2; } repeated FieldViolation field_violations = 1; }", { keepCase: true })
  .root.lookupType("BadRequest");

/** A client of the service named in full. */
export const client = (name) => new (service(name))(server, grpc.credentials.createInsecure());

/** A unary call; rejects with the gRPC error. */
export const call = (name, method, request) =>
  new Promise((resolve, reject) => {
    const stub = client(name);
    stub[method](request, { deadline: Date.now() + DEADLINE_MS }, (error, answer) => {
      stub.close();
      if (error) reject(error);
      else resolve(answer);
    });
  });

/** An ingestion stream: send(), until(), answers, failed (a promise of the error that ends it), end(). */
export function ingest(name, method) {
  const stub = client(name);
  const stream = stub[method]({ deadline: Date.now() + 3 * DEADLINE_MS });
  const answers = [];
  let wake = () => {};
  let over;
  const failed = new Promise((resolve) => stream.on("error", (error) => (resolve(error), (over = error), wake())));
  const ended = new Promise((resolve) => stream.on("status", resolve));
  stream.on("data", (answer) => (answers.push(answer), wake()));
  let position = 0;
  return {
    answers,
    failed,
    send: (request) => stream.write(request),
    async until(wanted) {
      const end = Date.now() + DEADLINE_MS;
      for (;;) {
        while (position < answers.length) if (wanted(answers[position++])) return answers[position - 1];
        if (over) throw over;
        if (Date.now() > end) throw new Error(`${method}: no such answer; ${answers.length} answers, last ${JSON.stringify(answers.at(-1))}`);
        await new Promise((resolve) => ((wake = resolve), setTimeout(resolve, end - Date.now()).unref()));
      }
    },
    /** The field violations in a google.rpc.Status. */
    violations(status) {
      const bad = (status?.details ?? []).find((detail) => detail.type_url?.endsWith("google.rpc.BadRequest"));
      return bad ? BadRequest.decode(bad.value).field_violations : [];
    },
    async end() {
      stream.end();
      await ended;
      stub.close();
    },
  };
}
