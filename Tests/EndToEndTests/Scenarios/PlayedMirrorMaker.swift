import FarwatchTesting
import Foundation
import Synchronization

/// One direction of MirrorMaker 2 between two mock clusters: a record is written at the source every 300 ms, and, while
/// the line holds, mirrored, committed and told by a heartbeat as the real one does.
final class PlayedMirrorMaker: Sendable {
  private struct State {
    var written = 0
    var isCut = false
    var isStopped = false
  }
  private let state = Mutex(State())
  private let source: KafkaMock
  private let target: KafkaMock
  private let alias: String

  init(_ alias: String, from source: KafkaMock, to target: KafkaMock) {
    (self.alias, self.source, self.target) = (alias, source, target)
    source.create("orders")
    target.create("\(alias).orders")
    target.create("\(alias).heartbeats")
    target.create("mm2-offsets.\(alias).internal")
    Thread.detachNewThread { [weak self] in
      while self?.turn() == true { Thread.sleep(forTimeInterval: 0.3) }
    }
  }

  /// Whether the regions cannot reach each other.
  func cut(_ isCut: Bool) { state.withLock { $0.isCut = isCut } }
  func stop() { state.withLock { $0.isStopped = true } }

  private func turn() -> Bool {
    state.withLock { state in
      guard !state.isStopped else { return false }
      // A cluster that is down takes nothing.
      guard (try? source.produce("orders", value: [1])) != nil else { return true }
      state.written += 1
      if !state.isCut { try? mirror(state.written - 1) }
      return true
    }
  }

  private func mirror(_ offset: Int) throws {
    let key = #"["MirrorSourceConnector",{"cluster":"\#(alias)","partition":0,"topic":"orders"}]"#
    try target.produce(
      "mm2-offsets.\(alias).internal", key: Array(key.utf8), value: Array(#"{"offset":\#(offset)}"#.utf8))
    let milliseconds = Int64(Date().timeIntervalSince1970 * 1000)
    let time = stride(from: 56, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: milliseconds >> Int64($0))
    }
    try target.produce("\(alias).heartbeats", value: [0, 0] + time)
  }
}
