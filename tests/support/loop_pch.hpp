// Precompiled for the tests of io and engine.
#pragma once

#include "io/pch.hpp"

#include "support/loop_client.hpp"
#include "support/loop_peer.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
