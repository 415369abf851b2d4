/* What both bare clients need: time, CPU, a body, and the line that they print. C, as whoever uses
 * these libraries directly would write it. */
#ifndef OMNIBUS_BENCHMARKS_BARE_COMMON_H_
#define OMNIBUS_BENCHMARKS_BARE_COMMON_H_

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct {
  double time;
  double cpu; /* user and system, of this process */
} moment_t;

static inline moment_t moment_now(void) {
  struct timespec now;
  struct rusage usage;
  moment_t moment;
  clock_gettime(CLOCK_MONOTONIC, &now);
  getrusage(RUSAGE_SELF, &usage);
  moment.time = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
  moment.cpu = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6 +
               (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
  return moment;
}

static inline void fail(const char* what, const char* why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

/* Bytes that no compression makes smaller than JSON would be. */
static inline char* make_body(size_t bytes) {
  static const char text[] =
      "{\"order_id\":10,\"user_id\":1,\"items\":[{\"book_id\":1,\"quantity\":2}]}";
  char* body = malloc(bytes + 1);
  size_t i;
  if (body == NULL) fail("bare client", "out of memory");
  for (i = 0; i < bytes; ++i) body[i] = text[i % (sizeof(text) - 1)];
  body[bytes] = '\0';
  return body;
}

/* As `omnibus bench throughput --json` has it. */
static inline void print_result(const char* transport, const char* mode, long messages,
                                size_t bytes, moment_t start, moment_t end, long confirmed,
                                long delivered) {
  const double seconds = end.time - start.time;
  const int publishes = strcmp(mode, "publish") == 0;
  printf(
      "{\"bench\":\"bare\",\"transport\":\"%s\",\"mode\":\"%s\",\"event\":\"(bytes)\","
      "\"messages\":%ld,\"body_bytes\":%zu,\"seconds\":%.6f,\"rate\":%.1f,\"cpu_seconds\":%.6f,"
      "\"confirmed\":%ld,\"delivered\":%ld,\"lost\":%ld,\"duplicated\":0}\n",
      transport, mode, messages, bytes, seconds,
      seconds > 0 ? (double)(publishes ? confirmed : delivered) / seconds : 0, end.cpu - start.cpu,
      confirmed, delivered, publishes ? 0 : messages - delivered);
}

#endif /* OMNIBUS_BENCHMARKS_BARE_COMMON_H_ */
