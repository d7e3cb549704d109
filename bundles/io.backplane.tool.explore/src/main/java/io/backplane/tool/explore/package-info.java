/** Explores schedules of shipped code in a deterministic world, and replays what it finds. */
package io.backplane.tool.explore;
