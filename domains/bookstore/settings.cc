#include "domains/bookstore/settings.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domains/support/module_factory.h"
#include "domains/support/settings.h"
#include "omnibus/decimal.h"
#include "omnibus/internal/absl_view.h"

namespace bookstore {
namespace {

// A list of {book_id, `member`}: each book once, each value 0 or more.
template <typename Value>
void ReadBooks(omnibus::SettingsReader& reader, std::string_view list, std::string_view member,
               std::map<std::int64_t, Value>& books) {
  const std::vector<omnibus::Setting> items = reader.TakeList(list);
  for (std::size_t i = 0; i < items.size(); ++i) {
    omnibus::SettingsReader item(items[i], reader.Path(domain_support::ItemName(list, i)));
    std::int64_t book_id = 0;
    Value value{};
    item.Require("book_id");
    item.Read("book_id", book_id);
    item.Require(member);
    item.Read(member, value);
    if (value < Value{}) item.Fail(items[i].Find(member), member, "must be 0 or more");
    if (items[i].Find("book_id") && !books.emplace(book_id, value).second) {
      item.Fail(items[i].Find("book_id"), "book_id",
                omnibus::StdView(absl::StrCat("book ", book_id, " is there twice")));
    }
    reader.Add(item.Finish());
  }
}

}  // namespace

absl::StatusOr<OrderServiceOptions> ReadOrderSettings(const omnibus::Setting& settings,
                                                      const std::string& path) {
  return domain_support::ReadOptions<OrderServiceOptions>(
      settings, path, [&](omnibus::SettingsReader& reader, OrderServiceOptions& options) {
        domain_support::ReadHttp(reader, options.http);
        ReadBooks(reader, "prices", "price", options.prices);
      });
}

absl::StatusOr<CatalogServiceOptions> ReadCatalogSettings(const omnibus::Setting& settings,
                                                          const std::string& path) {
  return domain_support::ReadOptions<CatalogServiceOptions>(
      settings, path, [&](omnibus::SettingsReader& reader, CatalogServiceOptions& options) {
        domain_support::ReadHttp(reader, options.http);
        ReadBooks(reader, "stock", "available", options.stock);
      });
}

absl::StatusOr<AnalyticsServiceOptions> ReadAnalyticsSettings(const omnibus::Setting& settings,
                                                              const std::string& path) {
  return domain_support::ReadOptions<AnalyticsServiceOptions>(
      settings, path, [&](omnibus::SettingsReader& reader, AnalyticsServiceOptions& options) {
        domain_support::ReadHttp(reader, options.http);
      });
}

}  // namespace bookstore
