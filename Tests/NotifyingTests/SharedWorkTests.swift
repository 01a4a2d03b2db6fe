import Model
import RowCoding
import Testing

@testable import Notifying

/// What many subscriptions of a topic share is made once and is the same as made one by one.
@Suite struct SharedWorkTests {
  @Test func aRowThatSharesItsNotificationIsTheSameRow() throws {
    for cameFrom in [nil, "some/\"where\"\u{1f4a5}"] {
      let page = Notification(event(.firing, "A \"quoted\" / \u{7}", value: .nan), route: "{}/{a=\"b\"}")
      var row = OutboxRow(
        sequence: 18, subscription: "0a1b", topicARN: "arn:aws:sns:eu:1:pager", messageID: "id-1",
        acceptedAt: start, notification: page)
      row.cameFrom = cameFrom
      let shared = try #require(row.saved(sharing: try RowCoding.encode(page)))
      #expect(shared.key == row.key)
      let bytes = try #require(shared.value)
      #expect(try RowCoding.decode(OutboxRow.self, bytes).key == row.key)
      #expect(
        String(decoding: bytes, as: UTF8.self) == String(decoding: try RowCoding.encode(row), as: UTF8.self))
    }
  }

  @Test func aSignatureIsMadeOnceForAText() {
    let remembered = RememberedSignatures()
    var made = 0
    func signature(_ number: Int) -> String {
      remembered.signature(of: [UInt8(number & 255), UInt8(number >> 8)]) {
        made += 1
        return "signature \(number)"
      }
    }
    for _ in 0..<100 { #expect(signature(7) == "signature 7") }
    #expect(made == 1)
    for number in 0..<1000 { #expect(signature(number) == "signature \(number)") }
    #expect(signature(999) == "signature 999" && made == 1000, "the newest are kept")
    #expect(signature(0) == "signature 0" && made == 1001, "and the oldest are not")
  }
}
