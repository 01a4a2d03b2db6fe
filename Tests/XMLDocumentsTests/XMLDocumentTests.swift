import FarwatchTesting
import Foundation
import Testing
import XMLDocuments

@Suite struct XMLDocumentTests {
  @Test func readsWhatServicesAnswer() throws {
    let text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- a comment -->
      <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Name>backups</Name><Prefix/>
        <Contents><Key>a&amp;b &#x6F22;<![CDATA[<c>]]></Key><Size>10</Size></Contents>
        <Contents><Key> spaces stay </Key><Name Encoded="true">x</Name></Contents>
        <x:IsTruncated xmlns:x="y">false</x:IsTruncated>
      </ListBucketResult>
      """
    let root = try XMLDocument.read(Array(text.utf8))
    #expect(root.name == "ListBucketResult" && root.text == "")
    #expect(root.attributes == ["xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"])
    #expect(root.all("Contents").map { $0.text("Key") } == ["a&b 漢<c>", " spaces stay "])
    #expect(root.text("Prefix") == "" && root.text("Nothing") == nil)
    #expect(root.text("IsTruncated") == "false")
    #expect(root.at("Contents", "Size")?.text == "10")
    #expect(root.all("Contents")[1]["Name"]?.attributes == ["Encoded": "true"])
  }

  @Test func refusesWhatNoServiceSends() throws {
    func failure(_ text: String, _ change: (inout XMLDocument.Limits) -> Void = { _ in }) -> XMLFailure? {
      var limits = XMLDocument.Limits()
      change(&limits)
      do throws(XMLFailure) {
        _ = try XMLDocument.read(Array(text.utf8), limits: limits)
        return nil
      } catch { return error }
    }
    let laughs = """
      <!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">
      ]><l>&b;</l>
      """
    #expect(failure(laughs) == .documentType(line: 1))
    #expect(
      failure("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a>&x;</a>").map { "\($0)" }
        == "XML with a document type (line 1) is not read")
    #expect(failure("<a>\n<b></a>") == .malformed("mismatched tag", line: 2))
    #expect(failure("") == .malformed("no element found", line: 1))
    #expect(failure("<a/><b/>") == .malformed("junk after document element", line: 1))
    #expect(failure("<a>&nbsp;</a>") == .malformed("undefined entity", line: 1))
    #expect(failure("<a/>") { $0.bytes = 3 } == .tooLarge(bytes: 3))
    #expect(failure("<a><b/><b/></a>") { $0.elements = 2 } == .tooManyElements(2))
    #expect(failure("<a><b><c/></b></a>") { $0.levels = 2 } == .tooDeep(levels: 2))
    #expect(failure("<a><b><c/></b></a>") { $0.levels = 3 } == nil)
    let deep = String(repeating: "<a>", count: 200_000)
    #expect(failure(deep) == .tooDeep(levels: 64))
  }

  /// Any bytes give a document or a failure, never a crash; a document written anew is read as itself.
  @Test func survivesAnyBytes() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let sample = Array(
      "<?xml version=\"1.0\"?><a b='c'>t&lt;<c>é</c><![CDATA[x]]><!DOCTYPE d><?p q?><e/></a>".utf8)
    var read = 0
    for _ in 0..<3000 {
      var bytes = sample
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1 where !bytes.isEmpty: bytes.remove(at: place)
        case 2: bytes.insert(random.pick(Array("<>&/\"'![]?\u{0}ÿ".utf8)), at: min(place, bytes.count))
        default: bytes.removeLast(bytes.count / 7)
        }
      }
      if (try? XMLDocument.read(bytes)) != nil { read += 1 }
    }
    #expect(read < 3000, "seed \(seed)")
    _ = try? XMLDocument.read([0xff, 0xfe, 0x3c, 0x00, 0x61, 0x00, 0x2f, 0x00, 0x3e, 0x00])
  }
}
