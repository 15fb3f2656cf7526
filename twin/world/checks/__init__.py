"""What must hold in every run, one family of invariants a module; `twin.world.invariants` asks them all."""
