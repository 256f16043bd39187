// The mark of what the shared library shows; everything else is compiled hidden. Not part of the API.
#pragma once

#define SLUICE_API [[gnu::visibility("default")]]
