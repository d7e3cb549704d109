/** The process's first and last code: command line, data folder lock, framework start and stop. */
package io.backplane.launcher;
