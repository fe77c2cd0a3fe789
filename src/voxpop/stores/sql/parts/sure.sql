coalesce(greatest(p_negative, p_neutral, p_positive) >= 0.75, false)
