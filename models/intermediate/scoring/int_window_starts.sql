{{ window_starts() }}
