import Foundation
import Model
import ObjectStores

extension ObjectStore {
  func page(_ query: PageQuery, timeout: Duration = .seconds(10)) async -> Result<ListingPage, StoreFailure> {
    await withCheckedContinuation { waiting in list(query, timeout: timeout) { waiting.resume(returning: $0) }
    }
  }

  /// Every entry, and how many pages it took.
  func all(_ query: PageQuery) async throws -> (entries: [ObjectEntry], pages: Int) {
    var (entries, pages, query) = ([ObjectEntry](), 0, query)
    while true {
      let page = try await page(query).get()
      entries += page.entries
      pages += 1
      guard let next = page.next else { return (entries, pages) }
      query.continuation = next
    }
  }

  func bytes(_ entry: ObjectEntry, _ range: Range<UInt64>) async -> Result<[UInt8], StoreFailure> {
    await withCheckedContinuation { waiting in
      read(entry, range, timeout: .seconds(10)) { waiting.resume(returning: $0) }
    }
  }

  func uploads(_ prefix: String) async -> Result<IncompleteUploads?, StoreFailure> {
    await withCheckedContinuation { waiting in
      incompleteUploads(prefix: prefix, timeout: .seconds(10)) { waiting.resume(returning: $0) }
    }
  }
}

extension Result where Failure == StoreFailure {
  var reason: FailureReason? { if case .failure(let failure) = self { failure.reason } else { nil } }
  var detail: String { if case .failure(let failure) = self { failure.detail } else { "" } }
}
