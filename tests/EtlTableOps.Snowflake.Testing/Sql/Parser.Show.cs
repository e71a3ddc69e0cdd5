namespace EtlTableOps.Snowflake.Testing;

internal sealed partial class Parser
{
    private Statement ShowStatement()
    {
        var terse = Take("TERSE");
        if (Take("PARAMETERS"))
        {
            var like = Pattern();
            Take("IN", "SESSION");
            return Reading("SHOW", r => Showing.Parameters(r, like));
        }
        if (Take("GRANTS"))
        {
            if (Take("ON"))
            {
                var kind = Take("DYNAMIC", "TABLE") ? "DYNAMIC TABLE" : Take("TABLE") || Take("VIEW") ? tokens[at - 1].Value : Word();
                var name = ObjectName();
                return Reading("SHOW", r => Showing.GrantsOn(r, kind, name));
            }
            at = tokens.Count - 1;
            return Reading("SHOW", _ => Showing.NoGrants());
        }
        foreach (var keys in new[] { "PRIMARY", "UNIQUE", "IMPORTED", "EXPORTED" })
        {
            if (!Take(keys, "KEYS")) continue;
            Name? table = null;
            if (Take("IN"))
            {
                if (Take("TABLE") || !(Is("SCHEMA") || Is("DATABASE") || Is("ACCOUNT"))) table = ObjectName();
                else if (!Take("ACCOUNT"))
                {
                    Word();
                    if (Next.IsName) ObjectName();
                }
            }
            return Reading("SHOW", r => Showing.Keys(r, keys, table));
        }
        var what = Word();
        if (what is "DYNAMIC" or "MATERIALIZED" or "FILE" or "ROW" or "MASKING") what += " " + Word();
        if (what == "ROW ACCESS") what += " " + Word();
        if (what == "TRANSACTIONS" || what == "LOCKS")
        {
            if (Take("IN")) Word();
            return Reading("SHOW", r => Showing.Transactions(r));
        }
        var history = Take("HISTORY");
        var pattern = Pattern();
        string? place = null;
        Name? where = null;
        if (Take("IN"))
        {
            if (Is("ACCOUNT") || Is("DATABASE") || Is("SCHEMA")) place = Word();
            else place = "SCHEMA";
            if (place != "ACCOUNT" && Next.IsName && !Is("STARTS") && !Is("LIMIT")) where = ObjectName();
        }
        string? starts = null;
        if (Take("STARTS", "WITH")) starts = TextLiteral();
        int? limit = Take("LIMIT") ? Integer() : null;
        return Reading("SHOW", r => Showing.Objects(r, what, pattern, place, where, starts, limit, history, terse));
    }

    private string? Pattern() => Take("LIKE") ? TextLiteral() : null;
}
