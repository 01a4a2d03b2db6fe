import StrictYAML
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// What a file may be, and how its text may be written.
@Suite struct FileTextTests {
  private func read(_ path: String, bytes: Int = 1000, acceptsPipes: Bool) -> (String?, [String]) {
    var limits = YAML.Limits()
    limits.bytes = bytes
    let problems = Problems(file: path)
    let text = YAML.text(ofFile: path, problems, limits: limits, acceptsPipes: acceptsPipes)
    return (text, problems.list.map(\.description))
  }

  private func throughPipe(_ text: String, acceptsPipes: Bool, bytes: Int = 1000) throws -> (
    String?, [String]
  ) {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let bytesOfText = Array(text.utf8)
    #expect(write(ends[1], bytesOfText, bytesOfText.count) == bytesOfText.count)
    close(ends[1])
    defer { close(ends[0]) }
    let (read, problems) = read("/dev/fd/\(ends[0])", bytes: bytes, acceptsPipes: acceptsPipes)
    return (read, problems.map { $0.replacing("/dev/fd/\(ends[0])", with: "F") })
  }

  @Test func aPipeIsReadForWhoAsksForIt() throws {
    #expect(try throughPipe("a: 1", acceptsPipes: true) == ("a: 1", []))
    #expect(try throughPipe("a: 1", acceptsPipes: false) == (nil, ["F: is not a regular file"]))
    #expect(try throughPipe("a: 1234", acceptsPipes: true, bytes: 6) == (nil, ["F: larger than 6 bytes"]))
  }

  @Test func aDeviceIsReadUpToTheLimit() {
    #expect(read("/dev/null", acceptsPipes: true) == ("", []))
    #expect(read("/dev/null", acceptsPipes: false) == (nil, ["/dev/null: is not a regular file"]))
    #expect(read("/dev/zero", acceptsPipes: true) == (nil, ["/dev/zero: larger than 1000 bytes"]))
  }

  @Test func whatCannotBeReadHasNoPlace() {
    #expect(read("/", acceptsPipes: true) == (nil, ["/: is a directory"]))
    #expect(read("", acceptsPipes: true) == (nil, ["\"\": cannot open: No such file or directory"]))
  }

  @Test(
    arguments: [
      ([0xef, 0xbb, 0xbf, 0x61], "a"), ([0xff, 0xfe, 0x61, 0, 0x3d, 0xd8, 0, 0xde], "a😀"),
      ([0xfe, 0xff, 0, 0x61], "a"), ([0xc3, 0xa9], "é"), ([0xff, 0xfe, 0x61], nil),
      ([0xff, 0xfe, 0x3d, 0xd8], nil),
      ([0xff], nil), ([], ""),
    ] as [([UInt8], String?)])
  func theMarkTellsTheEncodingAndIsNoText(bytes: [UInt8], text: String?) {
    #expect(YAML.text(of: bytes) == text)
  }

  @Test(arguments: [("%YAML 1.1\n---\na: 1", true), ("%YAML 1.2\n---\na: 1", false), ("a: !x 1", true)])
  func prometheusReadsItsOwnYAML(text: String, isGood: Bool) {
    let problems = Problems(file: "f.yml")
    _ = YAML.parse(text, problems, dialect: .prometheus)
    #expect(problems.isEmpty == isGood)
  }
}
