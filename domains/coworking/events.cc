#include "domains/coworking/events.h"

#include "omnibus/codec.h"

template struct omnibus::Codec<coworking::BookingCreated>;
template struct omnibus::Codec<coworking::BookingCancelled>;
template struct omnibus::Codec<coworking::BookingCompleted>;
template struct omnibus::Codec<coworking::ReminderTriggered>;
template struct omnibus::Codec<coworking::NotificationSent>;
template struct omnibus::Codec<coworking::BookingRecorded>;
