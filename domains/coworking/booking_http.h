// booking-service's front door.
#pragma once

#include "omnibus/http.h"

namespace coworking {

class BookingService;

// POST /bookings, GET and DELETE /bookings/{id}. `service` outlives the server.
void AddBookingRoutes(omnibus::HttpServer& server, BookingService& service);

}  // namespace coworking
