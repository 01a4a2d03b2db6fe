#define _GNU_SOURCE
#include "CProcessStart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs in the new process, in the memory of the old one, whose calling thread waits: only system calls.
static int become(const struct farwatch_process_start *start, pid_t parent) {
  if (setpgid(0, 0) != 0) return errno;
  if (start->dies_with_thread) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    // It may have ended before it could be asked for.
    if (getppid() != parent) return ESRCH;
  }
  // No handler of ours may run in here, and what we ignore is no business of the program.
  struct sigaction usual = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) {
    if (number != SIGKILL && number != SIGSTOP) (void)sigaction(number, &usual, NULL);
  }
  // First out of the way of 0, 1 and 2, or one could be overwritten before it is used.
  int ends[3] = {start->input, start->output, start->error};
  for (int place = 0; place < 3; place++) {
    if (ends[place] < 3 && (ends[place] = fcntl(ends[place], F_DUPFD_CLOEXEC, 3)) < 0) return errno;
  }
  for (int place = 0; place < 3; place++) {
    if (dup2(ends[place], place) < 0) return errno;
  }
  for (int place = 0; place < start->leak_count; place++) (void)close(start->leaks[place]);
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) return errno;
  execve(start->path, start->arguments, start->environment);
  return errno;
}

int farwatch_process_start(const struct farwatch_process_start *start, pid_t *pid) {
  const pid_t parent = getpid();
  sigset_t all, before;
  sigfillset(&all);
  int failure = pthread_sigmask(SIG_BLOCK, &all, &before);
  if (failure != 0) return failure;
  // Written by the new process, too.
  volatile int trouble = 0;
  const pid_t made = vfork();
  if (made == 0) {
    trouble = become(start, parent);
    _exit(127);
  }
  if (made < 0) trouble = errno;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (made >= 0 && trouble != 0) {
    while (waitpid(made, NULL, 0) < 0 && errno == EINTR) {}
  }
  *pid = made;
  return trouble;
}
