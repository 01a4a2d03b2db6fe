import FarwatchTesting
import Foundation
import Testing

@testable import ProcessMemory

@Suite(.serialized) struct ProcessMemoryTests {
  /// Kilobytes, from `/proc/self/status`.
  private func kilobytes(_ name: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(name):") })
    return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
  }

  @Test func freePagesBetweenUsedOnesAreGivenBack() throws {
    // Small pieces from the heap, so that freeing them alone gives nothing back; each hundredth stays.
    let pieces = (0..<400_000).map { number in
      let piece = UnsafeMutableRawPointer.allocate(byteCount: 200, alignment: 16)
      memset(piece, CInt(number & 0xff), 200)
      return piece
    }
    let full = try kilobytes("RssAnon")
    for (number, piece) in pieces.enumerated() where number % 100 != 0 { piece.deallocate() }
    let freed = try kilobytes("RssAnon")
    ProcessMemory.giveBack()
    let given = try kilobytes("RssAnon")
    #expect(given < full - 40_000, "full \(full), freed \(freed), given back \(given)")
    for number in stride(from: 0, to: pieces.count, by: 100) {
      let bytes = UnsafeRawBufferPointer(start: pieces[number], count: 200)
      #expect(bytes.allSatisfy { $0 == UInt8(number & 0xff) })
      pieces[number].deallocate()
    }
  }

  @Test func codeIsMappedAgainWhenItIsNeeded() throws {
    let before = try kilobytes("RssFile")
    ProcessMemory.unmapCode()
    let after = try kilobytes("RssFile")
    #expect(after < before, "before \(before), after \(after)")
    // Whatever this runs through: the standard library, Foundation, the loader and the C library.
    let text = try JSONEncoder().encode(["a": [1, 2, 3], "b": []])
    #expect(try JSONDecoder().decode([String: [Int]].self, from: text)["a"] == [1, 2, 3])
    #expect(dlsym(nil, "malloc") != nil)
    #expect(try String(contentsOfFile: "/proc/self/comm", encoding: .utf8).isEmpty == false)

  }

  @Test func threadsGoOnWhileCodeIsUnmappedAndMemoryGivenBack() async throws {
    let results = await withTaskGroup(of: Int.self) { group in
      for seed in 0..<4 {
        group.addTask {
          var sum = 0
          for round in 0..<400 {
            let text = (0..<50).map { String($0 &* seed &+ round) }.joined(separator: ",")
            sum += text.split(separator: ",").count
          }
          return sum
        }
      }
      for _ in 0..<60 {
        ProcessMemory.unmapCode()
        ProcessMemory.giveBack()
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == [20_000, 20_000, 20_000, 20_000])
  }

  @Test(arguments: [
    (
      "7f00-7f10 r-xp 00001000 fe:00 123                /usr/lib/x86 64/name.so\n",
      CodeMapping(start: 0x7f00, end: 0x7f10)
    ),
    ("7f00-7f10 r--p 00000000 fe:00 123 /usr/lib/name.so", CodeMapping(start: 0x7f00, end: 0x7f10)),
    // What the loader wrote to, what is ours alone, and what has no file.
    ("7f00-7f10 r--p 00001000 fe:00 123 /usr/lib/name.so", nil),
    ("7f00-7f10 rw-p 00000000 fe:00 123 /usr/lib/name.so", nil),
    ("7f00-7f10 rwxp 00000000 fe:00 123 /usr/lib/name.so", nil),
    ("7f00-7f10 r-xs 00000000 fe:00 123 /usr/lib/name.so", nil),
    ("7f00-7f10 r-xp 00000000 00:00 0 [vdso]", nil),
    ("7f00-7f10 r-xp 00000000 00:00 0", nil),
    // What no kernel writes.
    ("7f10-7f00 r-xp 00000000 fe:00 1 /a", nil), ("7f00 r-xp 00000000 fe:00 1 /a", nil),
    ("x-y r-xp 00000000 fe:00 1 /a", nil), ("0-ffffffffffffffff r-xp 00000000 fe:00 1 /a", nil),
    ("fffffffffffffffff-1 r-xp 00000000 fe:00 1 /a", nil), ("", nil),
  ])
  func onlyWhatNobodyWroteTo(line: String, mapping: CodeMapping?) {
    #expect(CodeMapping(line[...]) == mapping)
  }
}
