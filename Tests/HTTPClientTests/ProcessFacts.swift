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

/// Whether this process may open `wanted` descriptors, after it has asked for them.
func allowsDescriptors(_ wanted: rlim_t) -> Bool {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  if limit.rlim_cur >= wanted { return true }
  guard limit.rlim_max >= wanted else { return false }
  limit.rlim_cur = wanted
  return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
}
