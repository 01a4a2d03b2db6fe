#ifndef FARWATCH_CPROCESSSTART_H
#define FARWATCH_CPROCESSSTART_H

// Starts a program so that it ends with who started it, which posix_spawn cannot say: the wish stands between the new
// process and its program. Swift sees no vfork.
#include <sys/types.h>

struct farwatch_process_start {
  const char *path;
  char *const *arguments;
  char *const *environment;
  // What becomes its standard input, output and error.
  int input, output, error;
  // Descriptors to close, beside those that are close-on-exec.
  const int *leaks;
  int leak_count;
  // Whether SIGKILL comes when the calling thread ends, with or without its process.
  int dies_with_thread;
};

// The new process leads a group of its own, blocks no signal and ignores none. 0, or the number of the error; then there
// is no process.
int farwatch_process_start(const struct farwatch_process_start *start, pid_t *pid);

#endif
