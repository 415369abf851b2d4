#include "tests/simulation/queue_broker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omnibus::simulation {

void QueueBroker::Declare(const Topology& topology) {
  for (const ChannelSpec& channel : topology.channels) exchanges_.try_emplace(channel.name);
  for (const GroupSpec& group : topology.groups) {
    const std::string queue = absl::StrCat(group.channel, ".", group.module);
    if (queues_.contains(queue)) continue;
    queues_[queue].types = group.types;
    exchanges_[group.channel].push_back(queue);
    queues_.try_emplace(absl::StrCat(queue, ".dead"));
    for (const std::string& side : group.queues) queues_.try_emplace(side);
  }
}

absl::StatusOr<QueueExtent> QueueBroker::Measure(std::string_view name) const {
  const auto found = queues_.find(std::string(name));
  if (found == queues_.end()) return absl::NotFoundError("queue: there is no such queue");
  QueueExtent extent;
  extent.messages = static_cast<std::int64_t>(found->second.ready.size());
  extent.consumers = std::count_if(channels_.begin(), channels_.end(), [&](const auto& open) {
    return open.second.channel.queue == name;
  });
  return extent;
}

void QueueBroker::Inject(const std::string& exchange, const std::string& key,
                         const std::string& body) {
  auto record = std::make_shared<Record>();
  record->channel = exchange;
  record->key = key;
  record->body = body;
  record->name = absl::StrCat(exchange, "/", ++published_[exchange]);
  records_.push_back(record);
  witness_.OnAppended(*record);
  for (const std::string& queue : exchanges_[exchange]) Put(queue, record);
}

absl::Status QueueBroker::Publish(const Record& message, bool to_queue, bool mandatory) {
  std::vector<std::string> queues;
  if (to_queue) {
    if (queues_.contains(message.channel)) queues.push_back(message.channel);
  } else {
    const auto exchange = exchanges_.find(message.channel);
    if (exchange == exchanges_.end()) {
      return absl::NotFoundError(absl::StrCat("queue: there is no exchange ", message.channel));
    }
    for (const std::string& queue : exchange->second) {
      const std::vector<std::string>& types = queues_[queue].types;
      if (std::find(types.begin(), types.end(), message.type) != types.end()) {
        queues.push_back(queue);
      }
    }
  }
  if (queues.empty()) {
    return mandatory ? absl::NotFoundError("queue: returned: nobody would receive it")
                     : absl::OkStatus();
  }
  const bool nacked = world_.dice.Chance(world_.weather.nacked_publish);
  if (nacked) ++world_.faults;
  if (!nacked || world_.dice.Chance(0.5)) {
    auto record = std::make_shared<Record>(message);
    record->partition = -1;
    record->name = absl::StrCat(message.channel, "/", ++published_[message.channel]);
    world_.trace.Step("broker: ", record->name, " is ", record->type, " of key ", record->key);
    records_.push_back(record);
    witness_.OnAppended(*record);
    for (const std::string& queue : queues) Put(queue, record);
  }
  return nacked ? absl::DeadlineExceededError("queue: nacked: outcome unknown") : absl::OkStatus();
}

void QueueBroker::Put(const std::string& name, const std::shared_ptr<const Record>& record) {
  Queue& queue = queues_[name];
  queue.ready[queue.positions++] = {record, false};
  Pump(name);
}

void QueueBroker::Pump(const std::string& name) {
  Queue& queue = queues_[name];
  while (!queue.ready.empty()) {
    std::vector<std::uint64_t> free;
    for (const auto& [number, open] : channels_) {
      if (open.channel.queue == name && open.unacknowledged.size() < open.channel.prefetch) {
        free.push_back(number);
      }
    }
    if (free.empty()) return;
    Open& open = channels_.at(free[turns_++ % free.size()]);
    const auto first = queue.ready.begin();
    const std::int64_t tag = ++open.tags;
    const Entry entry = first->second;
    open.unacknowledged[tag] = {first->first, entry};
    queue.ready.erase(first);
    const Delivery delivery = {free[(turns_ - 1) % free.size()], tag, entry.redelivered};
    open.channel.link->ToClient(open.channel.session,
                                [deliver = open.channel.deliver, record = entry.record.get(),
                                 delivery] { deliver(*record, delivery); });
  }
}

void QueueBroker::Consume(Channel channel) {
  const std::uint64_t number = ++numbers_;
  const std::string queue = channel.queue;
  channels_[number].channel = std::move(channel);
  Pump(queue);
}

bool QueueBroker::Holds(std::uint64_t number, std::int64_t tag) const {
  const auto found = channels_.find(number);
  return found != channels_.end() && found->second.unacknowledged.contains(tag);
}

void QueueBroker::Acknowledge(std::uint64_t number, std::int64_t tag, bool multiple) {
  const auto found = channels_.find(number);
  if (found == channels_.end()) return;
  auto& unacknowledged = found->second.unacknowledged;
  if (multiple) {
    unacknowledged.erase(unacknowledged.begin(), unacknowledged.upper_bound(tag));
  } else {
    unacknowledged.erase(tag);
  }
  Pump(found->second.channel.queue);
}

void QueueBroker::GiveBack(std::uint64_t number) {
  const auto found = channels_.find(number);
  if (found == channels_.end()) return;
  const std::string queue = found->second.channel.queue;
  for (auto& [tag, held] : found->second.unacknowledged) {
    queues_[queue].ready[held.first] = {held.second.record, true};
  }
  channels_.erase(found);
  Pump(queue);
}

void QueueBroker::Gone(const Link& link, std::uint64_t session) {
  std::vector<std::uint64_t> gone;
  for (const auto& [number, open] : channels_) {
    if (open.channel.link == &link && open.channel.session == session) gone.push_back(number);
  }
  for (const std::uint64_t number : gone) GiveBack(number);
}

bool QueueBroker::Leave(Link& link, Process& process, absl::Time deadline) {
  // It may give up waiting before the answer comes.
  struct Answer {
    std::unique_ptr<Doorbell> came;
    bool heard = false;
  };
  const auto answer = std::make_shared<Answer>();
  answer->came = world_.runtime.NewDoorbell();
  link.ToBroker([this, &link, session = link.session(), answer] {
    Gone(link, session);
    link.ToClient(session, [answer] {
      answer->heard = true;
      answer->came->Ring();
    });
  });
  while (!answer->heard && link.up() && process.alive() && world_.loop.Now() < deadline) {
    answer->came->Wait(std::min(deadline, world_.loop.Now() + absl::Milliseconds(500)));
  }
  return answer->heard;
}

void QueueBroker::StartCancelling() {
  if (world_.weather.consumer_cancelled_every == absl::InfiniteDuration()) return;
  world_.loop.After(
      world_.dice.Between(absl::ZeroDuration(), 2 * world_.weather.consumer_cancelled_every),
      [this] {
        if (world_.weather.consumer_cancelled_every == absl::InfiniteDuration()) return;
        if (!channels_.empty()) {
          ++world_.faults;
          auto chosen = channels_.begin();
          std::advance(chosen, static_cast<std::ptrdiff_t>(world_.dice.Next() % channels_.size()));
          const Channel channel = chosen->second.channel;
          world_.trace.Step("broker: cancels a consumer of ", channel.queue);
          channel.link->ToClient(channel.session, channel.cancelled);
          Gone(*channel.link, channel.session);
        }
        StartCancelling();
      });
}

}  // namespace omnibus::simulation
