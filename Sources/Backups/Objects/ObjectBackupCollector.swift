internal import Collecting
internal import Dispatch
package import Model
package import ObjectStores
internal import Synchronization

/// Watches one series of backups in an object store.
///
/// A listing that takes longer than the time-out goes on beside the collections, which then tell what the last complete
/// one found, for as long as its pages come; so does the verification of content. One request is under way for the
/// listing and one for the verification, never more.
package final class ObjectBackupCollector: Collector {
  package let description: CollectorDescription
  private let settings: ObjectBackupSettings
  private let store: any ObjectStore
  private let time: any TimeSource
  private let queue = DispatchQueue(label: "farwatch.backup.objects")
  private let state: Mutex<State>

  /// How often what changes slowly is asked for.
  private static let questionsEvery = Duration.seconds(900)
  /// Objects read in one pass in search of a good one; the next pass goes on where this one stopped.
  private static let searchLimit = 16

  private struct Verification {
    var id: Int
    var queue: [BackupUnit]
    /// How many of the queue, from its beginning, are the search for the newest good one.
    var wanted: Int
    var probe: ContentProbe?
  }

  private struct State {
    var backups: ObjectBackupState
    var budget: ReadBudget
    var waiting: [OneAnswer] = []
    var listing: ObjectListing?
    var progressAt: MonotonicInstant?
    var questionsDue: MonotonicInstant?
    var verification: Verification?
    var verifications = 0
    /// Why content cannot be read; told with the next answers.
    var readProblem: StoreFailure?
    /// Why the bucket does not tell its protection; told until it is asked again.
    var protectionProblem: StoreFailure?
    var isStopped = false
  }

  package init(_ settings: ObjectBackupSettings, store: any ObjectStore, time: any TimeSource = SystemTime())
  {
    self.settings = settings
    self.store = store
    self.time = time
    description = settings.description
    state = Mutex(
      State(
        backups: ObjectBackupState(settings),
        budget: ReadBudget(perSecond: settings.verify.bytesPerSecond, perHour: settings.readBytesPerHour)))
  }

  /// The backups that did not count at the last collection, at most 50, in order of name.
  package var rejectedFiles: [(name: String, reason: BackupRejection)] {
    state.withLock { $0.backups.rejectedNames }
  }

  /// Ends what is under way after its present request; for reload and shutdown.
  package func stop() { state.withLock { $0.isStopped = true } }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let pass = OneAnswer(startedAt: time.now, started: time.monotonic, completion)
    queue.async { self.begin(pass) }
    let timeout = DispatchTimeInterval.milliseconds(Int(clamping: settings.timeout.milliseconds))
    DispatchQueue.global().asyncAfter(deadline: .now() + timeout) { [weak self] in self?.overdue(pass) }
  }

  // MARK: - Listing

  private func begin(_ pass: OneAnswer) {
    let first: ObjectListing.Step? = state.withLock { state in
      state.waiting.append(pass)
      guard state.listing == nil, !state.isStopped else { return nil }
      let listing = state.backups.listing(inOrder: store.listsInOrder, now: time.monotonic)
      state.listing = listing
      return listing.first
    }
    if let first { follow(first) }
  }

  private func follow(_ step: ObjectListing.Step) {
    switch step {
    case .page(let query):
      if state.withLock({ $0.isStopped }) { return end(.failure(.other, detail: "stopped")) }
      store.list(query, timeout: settings.timeout) { [self] answer in
        queue.async { self.took(answer) }
      }
    case .failed(let reason, let detail): end(.failure(reason, detail: "\(store.title): \(detail)"))
    case .done(let tally):
      state.withLock { state in
        guard let listing = state.listing else { return }
        state.backups.listed(tally, listing, at: time.now, time.monotonic)
        if store.listsIncompleteUploads, settings.wantsIncompleteUploads {
          state.backups.answered(IncompleteUploads(count: tally.uncommitted))
        }
      }
      askQuestions()
    }
  }

  private func took(_ answer: Result<ListingPage, StoreFailure>) {
    do throws(StoreFailure) {
      let page = try answer.get()
      let next: ObjectListing.Step? = state.withLock { state in
        state.backups.pages += 1
        state.progressAt = time.monotonic
        return state.listing?.take(page, now: time.now)
      }
      if let next { follow(next) }
    } catch { end(.failure(error.reason, detail: error.detail)) }
  }

  /// The listing is over and failed: what it had found is thrown away.
  private func end(_ verdict: Outcome.Verdict) {
    let (waiting, readings) = state.withLock { state in
      state.listing = nil
      defer { state.waiting = [] }
      return (state.waiting, state.backups.absence)
    }
    for pass in waiting { finish(pass, verdict, readings) }
  }

  private func overdue(_ pass: OneAnswer) {
    let (isMoving, readings) = state.withLock { state in
      state.waiting.removeAll { $0 === pass }
      // Pages have come since: it is long, not stuck.
      let isMoving = state.progressAt.map { $0 >= pass.started } ?? false
      return (isMoving, isMoving ? state.backups.readings(at: time.now) : state.backups.absence)
    }
    if isMoving { return finish(pass, .success, readings) }
    let words = DurationText.format(settings.timeout)
    finish(pass, .failure(.timeout, detail: "\(store.title): no answer within \(words)"), readings)
  }

  // MARK: - Questions beside the listing

  private func askQuestions() {
    let isDue = state.withLock { state in
      guard state.questionsDue.map({ $0 <= time.monotonic }) ?? true else { return false }
      state.questionsDue = time.monotonic + Self.questionsEvery
      return true
    }
    guard isDue else { return verify() }
    guard settings.wantsIncompleteUploads, !store.listsIncompleteUploads else { return askForMarker() }
    store.incompleteUploads(prefix: settings.prefix, timeout: settings.timeout / 4) { [self] answer in
      state.withLock { state in
        switch answer {
        case .success(let uploads?): state.backups.answered(uploads)
        case .success(nil): break
        case .failure: state.backups.unanswered(.incompleteUploads)
        }
      }
      queue.async { self.askForMarker() }
    }
  }

  private func askForMarker() {
    guard let marker = settings.restoreMarker else { return askForProtection() }
    store.list(PageQuery(prefix: marker, limit: 1), timeout: settings.timeout / 4) { [self] answer in
      queue.async { [self] in
        guard case .success(let page) = answer else { return tested(.failure) }
        guard let entry = page.entries.first(where: { $0.name == marker }) else { return tested(.none) }
        guard (1...UInt64(RestoreMarker.bytes)).contains(entry.size) else {
          return tested(.at(entry.modified))
        }
        store.read(entry, 0..<entry.size, timeout: settings.timeout / 4) { [self] answer in
          let text = (try? answer.get()).map { String(decoding: $0, as: UTF8.self) } ?? ""
          let written = RestoreMarker.moment(text)
          queue.async { self.tested(.at(written ?? entry.modified)) }
        }
      }
    }
  }

  private enum Marker { case failure, none, at(Timestamp?) }

  private func tested(_ marker: Marker) {
    state.withLock { state in
      switch marker {
      case .failure: state.backups.unanswered(.restoreMarker)
      case .none: state.backups.answered(restoreTested: nil)
      case .at(let moment): state.backups.answered(restoreTested: moment)
      }
    }
    askForProtection()
  }

  private func askForProtection() {
    guard settings.expectsVersioning || settings.expectsObjectLock else { return verify() }
    store.protection(timeout: settings.timeout / 4) { [self] answer in
      state.withLock { state in
        state.protectionProblem = nil
        switch answer {
        case .success(let protection): state.backups.answered(protection)
        case .failure(let failure):
          state.protectionProblem = failure
          state.backups.unanswered(.protection)
        }
      }
      queue.async { self.verify() }
    }
  }

  // MARK: - Verification

  /// Has backups verified that need it, and answers: at once, when the search for the newest good one ended, or after
  /// half of the time-out.
  private func verify() {
    let now = time.now
    let started = state.withLock { state -> Bool in
      state.listing = nil
      state.readProblem = nil
      let (wanted, older) = state.backups.unverified(at: now)
      let search = wanted.prefix(Self.searchLimit)
      let more = older.prefix(max(0, settings.verify.olderFilesPerPass))
      // A search ends the reading of an older one: a new backup must not wait for hours behind last year's.
      let isFree = state.verification.map { $0.wanted == 0 && !search.isEmpty } ?? true
      guard isFree, !search.isEmpty || !more.isEmpty else { return false }
      state.verifications += 1
      state.verification = Verification(
        id: state.verifications, queue: Array(search) + Array(more), wanted: search.count)
      return true
    }
    let isSearching = state.withLock { ($0.verification?.wanted ?? 0) > 0 }
    if !isSearching { answer() }
    if started { readNext(state.withLock { $0.verifications }) }
    if isSearching {
      let half = DispatchTimeInterval.milliseconds(Int(clamping: (settings.timeout / 2).milliseconds))
      queue.asyncAfter(deadline: .now() + half) { [weak self] in self?.answer() }
    }
  }

  private func answer() {
    let (waiting, readings, problem) = state.withLock { state in
      // Those that came meanwhile wait for the listing that is under way.
      guard state.listing == nil else { return ([OneAnswer](), [Reading](), StoreFailure?.none) }
      defer { state.waiting = [] }
      return (
        state.waiting, state.waiting.isEmpty ? [] : state.backups.readings(at: time.now),
        state.readProblem ?? state.protectionProblem
      )
    }
    for pass in waiting {
      finish(pass, problem.map { .failure($0.reason, detail: $0.detail) } ?? .success, readings)
    }
  }

  /// Goes on with verification `id`, unless another one took its place.
  private func readNext(_ id: Int) {
    enum Next { case nothing, searched, wait(Duration), read(ObjectEntry, Range<UInt64>) }
    let next: Next = state.withLock { state in
      guard !state.isStopped, var work = state.verification, work.id == id else { return .nothing }
      defer { if state.verification?.id == id { state.verification = work } }
      while let unit = work.queue.first, let entry = unit.content {
        if work.probe == nil {
          work.probe = ContentProbe(
            settings.verify, size: entry.size, wholeLimit: settings.wholeReadLimit,
            chunk: state.budget.largest)
        }
        guard state.backups.isUnverified(unit), let step = work.probe?.next else {
          if Self.passOver(&work, isGood: false) { return .searched }
          continue
        }
        switch step {
        case .read(let range):
          let pause = state.budget.wait(for: UInt64(range.count), now: time.monotonic)
          return pause > .zero ? .wait(pause) : .read(entry, range)
        case .done(let content):
          state.backups.learnt(content, of: unit)
          if Self.passOver(&work, isGood: content == .good) { return .searched }
        }
      }
      work.queue = []
      state.verification = nil
      return .searched
    }
    switch next {
    case .nothing: break
    case .searched:
      answer()
      if state.withLock({ $0.verification?.id == id }) { queue.async { self.readNext(id) } }
    case .wait(let pause):
      queue.asyncAfter(deadline: .now() + .milliseconds(Int(clamping: pause.milliseconds &+ 1))) {
        [weak self] in
        self?.readNext(id)
      }
    case .read(let entry, let range):
      store.read(entry, range, timeout: settings.timeout) { [self] answer in
        queue.async { self.took(answer, id) }
      }
    }
  }

  /// Goes to the next of the queue; whether the search for the newest good one ended with this.
  private static func passOver(_ work: inout Verification, isGood: Bool) -> Bool {
    work.queue.removeFirst()
    work.probe = nil
    guard work.wanted > 0 else { return false }
    work.wanted -= 1
    if isGood {
      work.queue.removeFirst(min(work.wanted, work.queue.count))
      work.wanted = 0
    }
    return work.wanted == 0
  }

  private func took(_ answer: Result<[UInt8], StoreFailure>, _ id: Int) {
    state.withLock { state in
      guard var work = state.verification, work.id == id, let unit = work.queue.first else { return }
      switch answer {
      case .success(let bytes):
        state.backups.readBytes &+= UInt64(bytes.count)
        if work.probe?.take(bytes) != true { _ = Self.passOver(&work, isGood: false) }
      case .failure(let failure):
        // Another object by now, or one to thaw: the next listing tells. Nothing was learnt.
        if !failure.hasChanged, !failure.isArchived {
          state.readProblem = failure
          if failure.reason == .permission { state.backups.learnt(.bad(.unreadable), of: unit) }
        }
        _ = Self.passOver(&work, isGood: false)
        // What holds for one will hold for the next ones.
        if state.readProblem != nil { work.queue = [] }
      }
      state.verification = work
    }
    readNext(id)
  }

  private func finish(_ pass: OneAnswer, _ verdict: Outcome.Verdict, _ readings: [Reading]) {
    pass.finish(
      Outcome(
        startedAt: pass.startedAt, finishedAt: time.now, took: time.monotonic - pass.started,
        verdict: verdict, readings: readings))
  }
}
