import Glibc

/// What the kernel says about this process in `/proc/self/status`, in the field's own unit.
func processStatus(_ field: String) -> Int {
  guard let file = fopen("/proc/self/status", "r") else { return 0 }
  defer { fclose(file) }
  var buffer = [CChar](repeating: 0, count: 8192)
  let count = fread(&buffer, 1, buffer.count - 1, file)
  let text = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  for line in text.split(separator: "\n") where line.hasPrefix(field + ":") {
    return line.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) } ?? 0
  }
  return 0
}

func residentBytes() -> Int { processStatus("VmRSS") * 1024 }
func threadCount() -> Int { processStatus("Threads") }
