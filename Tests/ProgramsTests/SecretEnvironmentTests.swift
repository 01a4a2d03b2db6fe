import FarwatchTesting
import Glibc
import Model
import Programs
import Secrets
import Testing

/// Variables of a program whose values stand in files, and what it says of them.
@Suite struct SecretEnvironmentTests {
  private let runner = ProgramRunner()
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func run(
    _ script: String, _ texts: [String: String], change: (inout ProgramRequest) -> Void = { _ in }
  ) async throws -> ProgramResult {
    var request = ProgramRequest(arguments: ["/bin/sh", "-c", script])
    for (name, text) in texts { request.secrets[name] = .file(try folder.write(name, text)) }
    change(&request)
    return await runner.run(request)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func theProgramGetsThemAndNobodyReadsThem() async throws {
    let script = """
      test "$TOKEN" = hunter22 && test "$OTHER" = "two words" || exit 9
      echo "OK token=$TOKEN|a=1"; echo "$OTHER$TOKEN$TOKEN" >&2
      """
    let result = try await run(script, ["TOKEN": "  hunter22\n", "OTHER": "two words\n"])
    #expect(result.ending == .exited(0))
    #expect(text(result.output) == "OK token=***|a=1\n")
    #expect(text(result.errorOutput) == "*********\n")
  }

  @Test func theyAreReadAnewAtEachRun() async throws {
    let path = try folder.write("token", "first-one\n")
    var request = ProgramRequest(arguments: ["/bin/sh", "-c", "test \"$T\" = second-one"])
    request.secrets = ["T": .file(path)]
    #expect(await runner.run(request).ending == .exited(1))
    try folder.write("token", "second-one\n")
    #expect(await runner.run(request).ending == .exited(0))
  }

  @Test func aVariableOfOursIsPassedOnByName() async throws {
    setenv("FARWATCH_TEST_TOKEN", "passed-on", 1)
    var request = ProgramRequest(arguments: ["/bin/sh", "-c", "test \"$T\" = passed-on && env"])
    request.secrets = ["T": .environment("FARWATCH_TEST_TOKEN")]
    let result = await runner.run(request)
    #expect(result.ending == .exited(0))
    #expect(text(result.output).contains("T=***\n") && !text(result.output).contains("passed-on"))
    request.secrets = ["T": .environment("FARWATCH_TEST_NOT_SET")]
    #expect(
      await runner.run(request).ending
        == .notStarted(
          .configuration, "the variable T: environment variable FARWATCH_TEST_NOT_SET is not set"))
  }

  @Test func whatCannotBeReadStartsNothing() async throws {
    var request = ProgramRequest(arguments: ["/bin/sh", "-c", "touch \(folder.file("ran"))"])
    request.secrets = ["T": .file(folder.file("absent"))]
    #expect(
      await runner.run(request).ending
        == .notStarted(
          .configuration, "the variable T: cannot read \(folder.file("absent")): No such file or directory"))
    request.secrets = ["T": .file(try folder.write("short", "abc\n"))]
    #expect(
      await runner.run(request).ending
        == .notStarted(.configuration, "the variable T: a secret needs 4 bytes at least"))
    #expect(access(folder.file("ran"), F_OK) != 0)
  }

  @Test func linesOfALongSecretAreKnownAlone() async throws {
    let key = "-----BEGIN KEY-----\nabcdefgh\nijklmnop\n-----END KEY-----\n"
    let result = try await run(
      "echo \"$KEY\"; echo 'a b' >&2; echo bad line ijklmnop >&2", ["KEY": key])
    #expect(text(result.output) == "***\n")
    #expect(text(result.errorOutput) == "a b\nbad line ***\n")
  }

  @Test func aSecretThatTheLimitCutsIsNotShown() async throws {
    for limit in 3...20 {
      let result = try await run("printf 'ab hunter22 %s' \"$TOKEN\"", ["TOKEN": "hunter22secret"]) {
        $0.outputLimit = limit
      }
      let said = text(result.output)
      #expect(!said.contains("hunter22s"), "\(limit): \(said)")
      if limit == 15 { #expect(said == "ab hunter22 ***") }
    }
  }

  @Test func theLongestOfTwoSecretsIsTakenOut() async throws {
    let result = try await run("echo \"$A $B\"", ["A": "hunter", "B": "hunter22"])
    #expect(text(result.output) == "*** ***\n")
  }

  /// Output that nobody foresaw: nothing of the secret is left, and what is none is left alone.
  @Test func outputOfAnyKindHoldsNoSecret() async throws {
    var numbers = SeededNumbers(seed: 20_261_121)
    for _ in 0..<15 {
      let secret = String(
        (0..<Int.random(in: 4...12, using: &numbers)).map { _ in "ab".randomElement(using: &numbers) ?? "a" })
      let noise = String(
        (0..<Int.random(in: 0...200, using: &numbers)).map { _ in "abc ".randomElement(using: &numbers) ?? "a"
        })
      let result = try await run("cat", ["T": secret]) { $0.standardInput = Array(noise.utf8) }
      #expect(!text(result.output).contains(secret), "seed 20261121: \(secret) in \(noise)")
      if !noise.contains(secret) { #expect(text(result.output) == noise) }
    }
  }
}
