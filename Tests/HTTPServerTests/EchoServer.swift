import Foundation
import HTTPServer
import Synchronization

/// Lines that the server logged.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
}

/// Bytes in memory of their own.
///
/// `@unchecked Sendable`: written before the object is shared, and never after.
final class TestBytes: SharedBytes, @unchecked Sendable {
  let storage: UnsafeRawBufferPointer

  init(_ bytes: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    copy.copyBytes(from: bytes)
    storage = UnsafeRawBufferPointer(copy)
  }

  deinit { storage.deallocate() }
}

/// A server on a free port whose answers tell what the handler was given.
func startEcho(
  address: String = "127.0.0.1:0", log: LogLines = LogLines(),
  _ change: (inout HTTPServerSettings) -> Void = { _ in }
) throws -> HTTPServer {
  var settings = HTTPServerSettings(address: address)
  change(&settings)
  return try HTTPServer(settings, log: log.add) { request in
    if request.path == "/missing" { return .text(404, "not here\n") }
    var lines = ["\(request.method) \(request.path)", "from \(request.remoteAddress)"]
    lines.append("segments \(request.pathSegments.joined(separator: "|"))")
    lines += request.query.map { "query \($0.name)=\($0.value)" }
    lines += (request.formItems ?? [HTTPServerField("bad", "form")]).map { "form \($0.name)=\($0.value)" }
    lines.append("x-test \(request.header("X-TEST") ?? "none")")
    lines.append("body \(request.body.count) \(request.body.reduce(0) { ($0 &* 31) &+ Int($1) })")
    return .text(200, lines.joined(separator: "\n") + "\n")
      .withSecurityHeaders(contentSecurityPolicy: "default-src 'none'")
  }
}

/// What curl wrote to standard output, and its exit code.
func curl(_ arguments: [String], input: [UInt8]? = nil) throws -> (output: String, code: Int32) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["curl", "--silent", "--max-time", "60"] + arguments
  let output = Pipe()
  process.standardOutput = output
  process.standardError = FileHandle.nullDevice
  let standardInput = input.map { _ in Pipe() }
  if let standardInput { process.standardInput = standardInput }
  try process.run()
  if let input, let standardInput {
    try? standardInput.fileHandleForWriting.write(contentsOf: input)
    try? standardInput.fileHandleForWriting.close()
  }
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return (text, process.terminationStatus)
}
