#include "benchmarks/codec_peers.h"

namespace benchmarks {

void RegisterPeers() {
#ifdef OMNIBUS_BENCHMARK_GLAZE
  RegisterGlaze();
#endif
}

}  // namespace benchmarks
