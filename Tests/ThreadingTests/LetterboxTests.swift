import FarwatchTesting
import Glibc
import Synchronization
import Testing
import Threading

private struct Refused: Error { let reason: String }

@Suite struct LetterboxTests {
  /// Whether there is something to read within `milliseconds`.
  private static func isReadable(_ descriptor: CInt, within milliseconds: CInt = 0) -> Bool {
    var list = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
    return poll(&list, 1, milliseconds) == 1
  }

  @Test func isReadableWhileThereAreLetters() throws {
    let box = try Letterbox<Int>(orThrow: Refused.init)
    #expect(!Self.isReadable(box.descriptor))
    box.post(1)
    box.post(2)
    #expect(Self.isReadable(box.descriptor))
    #expect(box.empty() == [1, 2])
    #expect(!Self.isReadable(box.descriptor))
    #expect(box.empty() == [])
    box.ring()
    #expect(Self.isReadable(box.descriptor))
    #expect(box.empty() == [])
  }

  @Test func ringsWithoutEndAreNoHarm() throws {
    let box = try Letterbox<Int>(orThrow: Refused.init)
    // More than a pipe holds.
    for _ in 0..<100_000 { box.ring() }
    #expect(box.empty() == [])
    #expect(!Self.isReadable(box.descriptor))
    box.post(7)
    #expect(Self.isReadable(box.descriptor))
  }

  /// A lost wake-up would leave the owner in `poll` until its time is up.
  @Test func noLetterIsLostAndNoWakeUp() throws {
    let box = try Letterbox<(sender: Int, number: Int)>(orThrow: Refused.init)
    let (senders, each) = (4, 5000)
    let threads = try (0..<senders).map { sender in
      try OwnThread.start("sender") {
        for number in 0..<each { box.post((sender, number)) }
      }
    }
    var next = [Int](repeating: 0, count: senders)
    while next.reduce(0, +) < senders * each {
      guard Self.isReadable(box.descriptor, within: 10_000) else {
        Issue.record("nobody rang")
        break
      }
      for letter in box.empty() {
        #expect(letter.number == next[letter.sender])
        next[letter.sender] += 1
      }
    }
    for thread in threads { thread.join() }
    #expect(next.allSatisfy { $0 == each })
  }

  @Test func descriptorsAreNotInheritedAndGoWithTheBox() throws {
    var box: Letterbox<Int>? = try Letterbox<Int>(orThrow: Refused.init)
    let descriptor = try #require(box?.descriptor)
    #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
    box = nil
    // Another test may have been given its number since.
    #expect(box == nil)
  }
}

@Suite struct IntakeTests {
  @Test func takesUpToTheLimitAndAgainWhenOneIsOver() {
    let intake = Intake<Int>(limit: 2)
    #expect(intake.submit(1) == nil)
    #expect(intake.submit(2) == nil)
    #expect(intake.submit(3) == .full(2))
    #expect(intake.take() == ([1, 2], false))
    #expect(intake.submit(3) == .full(2), "what was taken is in progress")
    intake.finishedOne()
    #expect(intake.submit(4) == nil)
    #expect(intake.take() == ([4], false))
  }

  @Test func stoppedItRefusesAndWakesTheThread() {
    let intake = Intake<Int>(limit: 9)
    #expect(intake.submit(1) == nil)
    intake.stop()
    #expect(intake.submit(2) == .stopped)
    #expect(intake.take() == ([1], true), "what came before is still to be ended by the thread")
  }

  @Test func abandonedItHandsBackWhatItTook() {
    let intake = Intake<Int>(limit: 9)
    #expect(intake.submit(1) == nil)
    #expect(intake.abandon() == [1])
    #expect(intake.submit(2) == .abandoned)
    #expect(intake.abandon() == [])
  }

  /// Every job is refused, seen by the thread, or handed back: none is forgotten.
  @Test func noJobIsForgottenWhenItStops() throws {
    for round in 0..<50 {
      let intake = Intake<Int>(limit: 1000)
      let accepted = Atomic<Int>(0)
      let sender = try OwnThread.start("sender") {
        for number in 0..<500 where intake.submit(number) == nil { accepted.add(1, ordering: .relaxed) }
      }
      var seen = 0
      for _ in 0..<round { seen += intake.take().jobs.count }
      intake.stop()
      sender.join()
      seen += intake.take().jobs.count
      #expect(seen == accepted.load(ordering: .relaxed), "round \(round)")
    }
  }
}
