/** The reproducers: each a situation, what must hold in it, and bugs that must be found. */
package io.backplane.tool.explore.scenario;
