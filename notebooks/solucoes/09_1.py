def percentile(times, percent):
    """O valor que percent % das medidas não passam."""
    ordered = sorted(times)
    enough = -(-len(ordered) * percent // 100)  # dividir o negativo arredonda para cima
    return ordered[enough - 1]
