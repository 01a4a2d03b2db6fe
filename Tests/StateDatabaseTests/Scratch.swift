import Foundation
import Model
import StateDatabase
import Synchronization

/// A directory of its own for one test, gone with it.
final class Scratch {
  let path: String
  var database: String { path + "/state.db" }

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/farwatch-state-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

extension StateDatabase {
  func commitAndWait(_ changes: [StateChange]) throws {
    let done = DispatchSemaphore(value: 0)
    let answer = Mutex<Result<Void, StateDatabaseError>?>(nil)
    commit(changes) { result in
      answer.withLock { $0 = result }
      done.signal()
    }
    done.wait()
    try answer.withLock { $0 }?.get()
  }
}
