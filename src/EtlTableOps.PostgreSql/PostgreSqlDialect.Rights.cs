using EtlTableOps.Engines;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.PostgreSql;

/// <content>Gives a table the owner and the rights of another.</content>
public sealed partial class PostgreSqlDialect
{
    private static readonly Sql ResetRole = new("RESET ROLE");

    private IEnumerable<Sql> Rights(ShadowBlueprint shadow, PostgreSqlTable live, TableMember member)
    {
        var name = NameOf(shadow, member);
        if (live.DefaultGrantees.Count > 0) yield return Sql.Write(this, $"REVOKE ALL ON TABLE {name} FROM {live.DefaultGrantees}");
        foreach (var sql in member.Grants.Where(g => g.Column is null || Has(shadow, [g.Column])).SelectMany(g => Give(name, g))) yield return sql;
        yield return Sql.Write(this, $"ALTER TABLE {name} OWNER TO {new Id(member.Owner)}");
    }

    private IEnumerable<Sql> SequenceRights(ShadowBlueprint shadow, PostgreSqlTable live)
    {
        foreach (var column in shadow.Columns)
        {
            if (column.From is not { Identity: not null } from || live.Facts[from.Name] is not { Sequence: { } sequence } facts) continue;
            var name = live.Name.WithName(shadow.NameOf(AttachmentKind.Sequence, sequence));
            if (live.DefaultSequenceGrantees.Count > 0) yield return Sql.Write(this, $"REVOKE ALL ON SEQUENCE {name} FROM {live.DefaultSequenceGrantees}");
            foreach (var (what, whom) in facts.SequenceGrants) yield return Sql.Write(this, $"GRANT {new SqlText(what)} {name} TO {new SqlText(whom)}");
            if (facts.SequenceComment is { } comment) yield return Sql.Write(this, $"COMMENT ON SEQUENCE {name} IS {new SqlLiteral(comment)}");
        }
    }

    /// <summary>Gives a right in its giver's name: a right that somebody else gave ends with that role's own.</summary>
    private IEnumerable<Sql> Give(TableName table, GrantFacts grant)
    {
        var what = grant.Column is { } column
            ? SqlText.Join(", ", grant.Privileges.Split(", ").Select(p => SqlText.Write(this, $"{new SqlText(p)} ({new Id(column)})")))
            : new SqlText(grant.Privileges);
        return As(grant.Grantor, Sql.Write(this, $"GRANT {what} ON TABLE {table} TO {new SqlText(grant.Grantee)}{new SqlText(grant.Grantable ? " WITH GRANT OPTION" : "")}"));
    }

    private IEnumerable<Sql> As(string? role, Sql statement) =>
        role is null ? [statement] : [Sql.Write(this, $"SET LOCAL ROLE {new SqlText(role)}"), statement, ResetRole];

    /// <summary>Rights that were given or taken after the incoming table got its own; nothing, as a rule.</summary>
    private IEnumerable<Sql> OwnerAndGrants(PostgreSqlTable live, PostgreSqlTable incoming)
    {
        var wanted = live.Root.Grants.Where(g => g.Column is null || incoming.Columns.Any(c => c.Name == g.Column)).ToList();
        var there = incoming.Root.Grants;
        if (live.Root.Owner != incoming.Root.Owner) yield return Sql.Write(this, $"ALTER TABLE {live.Name} OWNER TO {new Id(live.Root.Owner)}");
        if (there.ToHashSet().SetEquals(wanted)) yield break;
        foreach (var (grantee, grantor) in there.Reverse().Select(g => (g.Grantee, g.Grantor)).Distinct())
        {
            foreach (var sql in As(grantor, Sql.Write(this, $"REVOKE ALL ON TABLE {live.Name} FROM {new SqlText(grantee)} CASCADE"))) yield return sql;
        }
        foreach (var sql in wanted.SelectMany(g => Give(live.Name, g))) yield return sql;
    }
}
