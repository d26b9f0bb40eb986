// A disk that is slow to sync, for a server that is started with this in LD_PRELOAD: each fsync and
// fdatasync takes longer by a random time, and some take much longer. SLOW_SYNC_MS has four numbers:
// the least and the most time, and both for a spike, which one sync in 100 is.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double seconds_to_wait(void) {
  static __thread unsigned short random[3];
  static __thread int is_seeded;
  if (!is_seeded) {
    random[0] = (unsigned short)getpid();
    random[1] = (unsigned short)gettid();
    is_seeded = 1;
  }
  double min = 0, max = 0, spike_min = 0, spike_max = 0;
  const char* text = getenv("SLOW_SYNC_MS");
  if (!text || sscanf(text, "%lf %lf %lf %lf", &min, &max, &spike_min, &spike_max) != 4) abort();
  if (nrand48(random) % 100 == 0) {
    min = spike_min;
    max = spike_max;
  }
  return (min + erand48(random) * (max - min)) / 1000;
}

static int sync_slowly(const char* name, int fd) {
  const double seconds = seconds_to_wait();
  struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (nanosleep(&left, &left) != 0) {
  }
  int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return sync(fd);
}

int fdatasync(int fd) {
  return sync_slowly("fdatasync", fd);
}

int fsync(int fd) {
  return sync_slowly("fsync", fd);
}
