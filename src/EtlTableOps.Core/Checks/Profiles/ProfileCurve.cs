namespace EtlTableOps.Checks;

/// <summary>Which part of a column's values lies up to where: a profile's quantiles, with a straight line between two of them.</summary>
public sealed class ProfileCurve
{
    private readonly (double Number, double Below, double Part)[] points;

    /// <summary>The curve of a profile of numbers or times.</summary>
    public ProfileCurve(ColumnProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        // Several points may stand for one number: a double does not tell great numbers apart.
        points = [.. profile.Quantiles.GroupBy(p => p.Number).Select(g => (g.Key, g.Min(p => p.Below), g.Max(p => p.Part))).OrderBy(p => p.Key)];
    }

    /// <summary>The part of the values below a number, from 0 to 1; 0 without values.</summary>
    /// <param name="number">The number.</param>
    /// <param name="with">Whether values equal to it count too.</param>
    public double At(double number, bool with)
    {
        if (points.Length == 0) return 0;
        var next = Array.FindIndex(points, p => p.Number >= number);
        if (next < 0) return 1;
        var after = points[next];
        if (after.Number.Equals(number)) return with ? after.Part : after.Below;
        if (next == 0) return 0;
        var before = points[next - 1];
        var way = (number - before.Number) / (after.Number - before.Number);
        return before.Part + ((after.Below - before.Part) * (double.IsFinite(way) ? way : 0));
    }
}
