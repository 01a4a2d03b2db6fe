import FarwatchTesting
import Secrets
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

@Suite struct SecretSourceTests {
  private let files: TemporaryDirectory

  init() throws { files = try TemporaryDirectory() }

  private func fault(_ source: SecretSource) -> String? {
    do throws(SecretSource.Failure) {
      _ = try source.read()
      return nil
    } catch { return error.description }
  }

  @Test func whiteSpaceAroundItDoesNotCount() throws {
    let source = SecretSource.file(try files.write("secret", "\n  two words\t\r\n\n"))
    #expect(try source.read() == "two words")
    #expect(try source.readFirstLine() == "")
  }

  @Test func theFirstLineIsTakenAsItStands() throws {
    #expect(try SecretSource.file(try files.write("a", " x \r\nmore\n")).readFirstLine() == " x ")
    #expect(try SecretSource.file(try files.write("b", "x")).readFirstLine() == "x")
    #expect(try SecretSource.file(try files.write("c", "")).readFirstLine() == "")
  }

  @Test func aRotatedOneIsTakenUp() throws {
    let source = SecretSource.file(try files.write("secret", "old"))
    #expect(try source.read() == "old")
    _ = try files.write("secret", "new")
    #expect(try source.read() == "new")
  }

  @Test func aVariableIsRead() throws {
    setenv("FARWATCH_TEST_SECRET", " swordfish ", 1)
    #expect(try SecretSource.environment("FARWATCH_TEST_SECRET").read() == "swordfish")
    #expect(
      fault(.environment("FARWATCH_NOT_SET")) == "environment variable FARWATCH_NOT_SET is not set")
  }

  @Test func whatCannotBeReadIsNamedAndNeverQuoted() throws {
    let path = files.file("none")
    #expect(fault(.file(path)) == "cannot read \(path): No such file or directory")
    #expect(fault(.file("/")) == "cannot read /: Is a directory")
    let blank = try files.write("blank", " \n")
    #expect(fault(.file(blank)) == "\(blank) is empty")
    let full = try files.write("full", String(repeating: "s", count: 65_536))
    #expect(try SecretSource.file(full).read().utf8.count == 65_536)
    let long = try files.write("long", String(repeating: "s", count: 65_537))
    #expect(fault(.file(long)) == "\(long) is longer than 64 KiB")
  }

  /// A pipe that nobody writes to is empty, and nobody waits for it.
  @Test func aPipeHoldsNobodyUp() throws {
    let pipe = files.file("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(fault(.file(pipe)) == "\(pipe) is empty")
  }
}
