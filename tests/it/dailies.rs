//! Dailies on the engine.
