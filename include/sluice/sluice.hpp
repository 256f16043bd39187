// All of the API.
//
//     sluice::uploader up{ioc.get_executor(), cfg};
//     up.async_upload("a.jpg", asio::detached);
//     ioc.run();
#pragma once

#include <sluice/attempt.hpp>
#include <sluice/body_source.hpp>
#include <sluice/config.hpp>
#include <sluice/drain_options.hpp>
#include <sluice/endpoint.hpp>
#include <sluice/error.hpp>
#include <sluice/fate.hpp>
#include <sluice/job_log.hpp>
#include <sluice/latency_histogram.hpp>
#include <sluice/make_body.hpp>
#include <sluice/problem.hpp>
#include <sluice/result.hpp>
#include <sluice/shard.hpp>
#include <sluice/source.hpp>
#include <sluice/text.hpp>
#include <sluice/trace.hpp>
#include <sluice/upload_request.hpp>
#include <sluice/uploader.hpp>
#include <sluice/version.hpp>
#include <sluice/window.hpp>

/// All that the library declares. Macros begin with `SLUICE_`.
namespace sluice {}
