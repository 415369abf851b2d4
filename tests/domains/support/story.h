#ifndef OMNIBUS_TESTS_DOMAINS_SUPPORT_STORY_H_
#define OMNIBUS_TESTS_DOMAINS_SUPPORT_STORY_H_

#include <memory>
#include <string>
#include <vector>

#include "omnibus/bus.h"
#include "omnibus/module.h"
#include "omnibus/uuid.h"
#include "tests/domains/support/flow.h"

namespace domain_testing {

// One domain's whole story, to be played on any transport in either dialect.
class Story {
 public:
  virtual ~Story() = default;

  virtual std::string name() const = 0;

  // All of the domain's services, in fresh state. Called once.
  virtual std::vector<std::unique_ptr<omnibus::Module>> MakeModules() = 0;

  // Does what users do, and names the chains of events that begin with it.
  virtual absl::Status Play(Flow& flow) = 0;

  // What has to be published, handled and dead-lettered then, line by line as Flow tells it.
  virtual std::vector<std::string> Published() const = 0;
  virtual std::vector<std::string> Handled() const = 0;
  virtual std::vector<std::string> DeadLetters() const = 0;

  // Members' names as they have to be spelled in some payload, in C++: "order_id".
  virtual std::vector<std::string> MemberNames() const = 0;

  // OK, or what is wrong with the state that the services are left in.
  virtual absl::Status CheckState() const = 0;
};

std::unique_ptr<Story> MakeBookstoreStory();
std::unique_ptr<Story> MakeCoworkingStory();

// A random one: no two runs share a chain.
omnibus::Uuid NewChain();

// Plays `story` with that `bus.transport` and `bus.envelope`; `transports` is YAML. Failures are
// the running test's.
void PlayStory(Story& story, const std::string& transport, const std::string& dialect,
               const std::string& transports);

}  // namespace domain_testing

#endif  // OMNIBUS_TESTS_DOMAINS_SUPPORT_STORY_H_
