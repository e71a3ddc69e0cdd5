namespace EtlTableOps.Snowflake.Testing;

/// <summary>
/// Turns what was parsed into what can run: resolves names under the model's lock, takes snapshots of the tables, finds types, and leaves functions
/// that need no lock any more.
/// </summary>
internal sealed partial class Binder(StatementRun run)
{
    private static readonly Bound Null = new(SfType.Varchar(1), _ => null, IsNull: true);

    public Bound Bind(Expr expression, Scope scope)
    {
        if (scope.Grouping is { } grouping)
        {
            for (var i = 0; i < grouping.Keys.Count; i++)
            {
                if (!Matches(grouping, grouping.Keys[i].Source, expression)) continue;
                var slot = i;
                return new Bound(grouping.Keys[i].Value.Type, f => f.Row[slot]);
            }
        }
        return expression switch
        {
            LiteralExpr literal => literal.Value is null ? Null : Constant(literal.Value, literal.Type),
            ParameterExpr parameter => run.Bind(parameter.Number) is { } bind ? (bind.Value is null ? Null : Constant(bind.Value, bind.Type)) : throw new ModelError(1003, "42000", "SQL compilation error:\nBind variable not set."),
            VariableExpr variable => run.Session.Variable(variable.Name) is var held && held.Value is { } kept ? Constant(kept, held.Type) : new Bound(held.Type, _ => null),
            ColumnExpr column => Column(column, scope),
            DollarExpr dollar => Dollar(dollar, scope),
            UnaryExpr { Sign: "NOT" } not => Not(Condition(not.Operand, scope)),
            UnaryExpr minus => Negative(Bind(minus.Operand, scope)),
            BinaryExpr { Sign: "AND" } and => And(Condition(and.Left, scope), Condition(and.Right, scope)),
            BinaryExpr { Sign: "OR" } or => Or(Condition(or.Left, scope), Condition(or.Right, scope)),
            BinaryExpr { Sign: "+" or "-" or "*" or "/" or "%" or "||" } sum => Arithmetic(sum.Sign, Bind(sum.Left, scope), Bind(sum.Right, scope)),
            BinaryExpr comparison => Compare(comparison.Sign, Bind(comparison.Left, scope), Bind(comparison.Right, scope)),
            IsNullExpr test => IsNull(Bind(test.Operand, scope), test.Not),
            IsDistinctExpr test => Distinct(Bind(test.Left, scope), Bind(test.Right, scope), test.Not),
            BetweenExpr between => Between(between, scope),
            InListExpr list => InList(list, scope),
            InQueryExpr list => InQuery(list, scope),
            LikeExpr like => Like(like, scope),
            CaseExpr choice => Case(choice, scope),
            CastExpr cast => Cast(Bind(cast.Operand, scope), cast.Type, cast.Try),
            ExistsExpr exists => Exists(exists.Query, scope),
            ScalarExpr scalar => Scalar(scalar.Query, scope),
            PathExpr path => Path(path, scope),
            CallExpr call => Call(call, scope),
            _ => throw ModelError.Compilation($"{expression.Key} cannot stand here."),
        };
    }

    /// <summary>An expression that is true, false or null.</summary>
    public Bound Condition(Expr expression, Scope scope)
    {
        var bound = Bind(expression, scope);
        if (bound.Type.Kind == SfKind.Boolean || bound.IsNull) return bound;
        if (bound.Type.IsMoment || bound.Type.Kind == SfKind.Binary) throw new ModelError(2040, "22000", $"SQL compilation error:\nInvalid data type [{bound.Type}] for predicate '{expression.Key}'");
        return Cast(bound, SfType.Boolean, false);
    }

    /// <summary>The value of an expression without columns.</summary>
    public object? Evaluate(Expr expression, SfType? type = null)
    {
        var bound = Bind(expression, new Scope([], null));
        if (type is { } wanted) bound = Cast(bound, wanted, false);
        return bound.Value(new Frame(null));
    }

    private static Bound Constant(object value, SfType type) => new(type, _ => value, Nullable: false);

    private static bool Matches(Grouping grouping, Expr key, Expr expression)
    {
        if (key is ColumnExpr a && expression is ColumnExpr b)
        {
            var place = grouping.Input.Find(b);
            return place >= 0 && place == grouping.Input.Find(a);
        }
        return key.Key.Length > 0 && key.Key == expression.Key;
    }

    private Bound Column(ColumnExpr column, Scope scope)
    {
        var depth = 0;
        for (var at = scope; at is not null; at = at.Outer, depth++)
        {
            if (depth > 0) outermost = Math.Min(outermost, at.Level);
            if (at.Grouping is { } grouping)
            {
                if (grouping.Input.Find(column) >= 0)
                {
                    for (var i = 0; i < grouping.Keys.Count; i++)
                    {
                        if (Matches(grouping, grouping.Keys[i].Source, column)) return Up(i, grouping.Keys[i].Value.Type, depth, true);
                    }
                    throw new ModelError(979, "42601", $"SQL compilation error:\n[{column.Key}] is not a valid group by expression");
                }
            }
            else if (at.Find(column) is >= 0 and var place) return Up(place, at.Columns[place].Type, depth, at.Columns[place].Nullable);
            if (column.Path.Count == 0 && depth == 0 && at.Aliases.Remove(column.Name, out var alias))
            {
                // Away while it is bound: an alias is not defined by itself.
                try
                {
                    return Bind(alias, at);
                }
                finally
                {
                    at.Aliases[column.Name] = alias;
                }
            }
        }
        if (column.Path.Count >= 1 && column.Name == "NEXTVAL") return NextValue(column);
        throw ModelError.InvalidIdentifier(column.Key.Replace(" ", "", StringComparison.Ordinal));
    }

    private static Bound Up(int slot, SfType type, int depth, bool nullable) => depth switch
    {
        0 => new Bound(type, f => f.Row[slot], Nullable: nullable),
        1 => new Bound(type, f => f.Outer!.Row[slot], Nullable: nullable),
        _ => new Bound(type, f =>
        {
            var frame = f;
            for (var i = 0; i < depth; i++) frame = frame.Outer!;
            return frame.Row[slot];
        }, Nullable: nullable),
    };

    private static Bound Dollar(DollarExpr dollar, Scope scope)
    {
        var place = dollar.Number - 1;
        if (place < 0 || place >= scope.Columns.Count) return Null;
        return new Bound(scope.Columns[place].Type, f => place < f.Row.Length ? f.Row[place] : null);
    }

    private Bound NextValue(ColumnExpr column)
    {
        var sequence = run.Catalog.Other<SequenceItem>("SEQUENCE", new Name(column.Path));
        return new Bound(SfType.Integer, _ =>
        {
            lock (sequence)
            {
                var next = sequence.Next;
                sequence.Next += sequence.Increment;
                return (decimal)next;
            }
        });
    }

    private static Bound Not(Bound operand) => new(SfType.Boolean, f => operand.Value(f) is bool b ? !b : null);

    private static Bound And(Bound left, Bound right) => new(SfType.Boolean, f =>
    {
        var a = left.Value(f);
        if (a is false) return false;
        var b = right.Value(f);
        return b is false ? false : a is null || b is null ? null : true;
    });

    private static Bound Or(Bound left, Bound right) => new(SfType.Boolean, f =>
    {
        var a = left.Value(f);
        if (a is true) return true;
        var b = right.Value(f);
        return b is true ? true : a is null || b is null ? null : false;
    });

    private static Bound Negative(Bound operand)
    {
        var number = operand.Type.IsNumber ? operand : Cast(operand, SfType.Number(38, 9), false);
        return new Bound(number.Type, f => number.Value(f) switch { decimal d => -d, double d => -d, _ => null });
    }

    private static Bound Compare(string sign, Bound left, Bound right)
    {
        var type = Comparison.Common(left, right);
        var (a, b) = (Comparison.As(left, type), Comparison.As(right, type));
        Func<int, bool> holds = sign switch
        {
            "=" => c => c == 0,
            "<>" => c => c != 0,
            "<" => c => c < 0,
            "<=" => c => c <= 0,
            ">" => c => c > 0,
            _ => c => c >= 0,
        };
        return new Bound(SfType.Boolean, f => a(f) is { } x && b(f) is { } y ? holds(Comparison.Of(x, y)) : null);
    }

    private static Bound IsNull(Bound operand, bool not) => new(SfType.Boolean, f => operand.Value(f) is null != not, Nullable: false);

    private static Bound Distinct(Bound left, Bound right, bool not)
    {
        var type = Comparison.Common(left, right);
        var (a, b) = (Comparison.As(left, type), Comparison.As(right, type));
        return new Bound(SfType.Boolean, f =>
        {
            var (x, y) = (a(f), b(f));
            var differ = x is null || y is null ? x is not null || y is not null : Comparison.Of(x, y) != 0;
            return differ != not;
        }, Nullable: false);
    }

    private Bound Between(BetweenExpr between, Scope scope)
    {
        var operand = Bind(between.Operand, scope);
        var inside = And(Compare(">=", operand, Bind(between.Low, scope)), Compare("<=", operand, Bind(between.High, scope)));
        return between.Not ? Not(inside) : inside;
    }

    private Bound InList(InListExpr list, Scope scope)
    {
        var operand = Bind(list.Operand, scope);
        var tests = list.List.Select(e => Compare("=", operand, Bind(e, scope)).Value).ToArray();
        var inside = new Bound(SfType.Boolean, f =>
        {
            object? result = false;
            foreach (var test in tests)
            {
                var one = test(f);
                if (one is true) return true;
                if (one is null) result = null;
            }
            return result;
        });
        return list.Not ? Not(inside) : inside;
    }

    private Bound Like(LikeExpr like, Scope scope)
    {
        var text = Cast(Bind(like.Operand, scope), SfType.Text, false);
        var pattern = Cast(Bind(like.Pattern, scope), SfType.Text, false);
        var escape = like.Escape is null ? null : Evaluate(like.Escape) as string;
        return new Bound(SfType.Boolean, f =>
        {
            if (text.Value(f) is not string t || pattern.Value(f) is not string p) return null;
            var matches = like.Regex ? Comparison.Matches(t, p) : Comparison.Like(t, p, escape is { Length: > 0 } ? escape[0] : null, like.IgnoreCase);
            return matches != like.Not;
        });
    }

    private Bound Case(CaseExpr choice, Scope scope)
    {
        var operand = choice.Operand is null ? null : Bind(choice.Operand, scope);
        var conditions = choice.Branches.Select(b => operand is null ? Condition(b.When, scope).Value : Compare("=", operand, Bind(b.When, scope)).Value).ToArray();
        var values = choice.Branches.Select(b => Bind(b.Then, scope)).Append(choice.Else is null ? Null : Bind(choice.Else, scope)).ToArray();
        var type = CommonOf(values);
        var results = values.Select(v => Comparison.As(v, type)).ToArray();
        return new Bound(type, f =>
        {
            for (var i = 0; i < conditions.Length; i++)
            {
                if (conditions[i](f) is true) return results[i](f);
            }
            return results[^1](f);
        }, IsNull: values.All(v => v.IsNull));
    }

    private static SfType CommonOf(IReadOnlyList<Bound> values)
    {
        var known = values.Where(v => !v.IsNull).ToList();
        return known.Count == 0 ? SfType.Varchar(1) : known.Skip(1).Aggregate(known[0].Type, (type, v) => Comparison.Common(type, v.Type));
    }

    internal static Bound Cast(Bound operand, SfType type, bool attempt)
    {
        if (operand.IsNull) return new Bound(type, _ => null);
        var (value, from) = (operand.Value, operand.Type);
        if (!attempt && from == type && type.Kind is not (SfKind.Fixed or SfKind.Text)) return operand;
        if (from.IsMoment && type.Kind is SfKind.Fixed or SfKind.Real or SfKind.Boolean) throw new ModelError(1065, "22023", $"SQL compilation error:\nInvalid argument types for function 'CAST': ({from}, {type})");
        return new Bound(type, attempt ? f => Conversion.Try(value(f), from, type) : f => Conversion.To(value(f), from, type), Nullable: operand.Nullable || attempt);
    }

    private Bound Path(PathExpr path, Scope scope)
    {
        var operand = Bind(path.Operand, scope);
        return new Bound(SfType.Variant, f => operand.Value(f) is Json json ? JsonPath.Step(json, path.Step) : null);
    }

    private static Bound Arithmetic(string sign, Bound left, Bound right)
    {
        if (sign == "||")
        {
            var (x, y) = (Cast(left, SfType.Text, false), Cast(right, SfType.Text, false));
            return new Bound(SfType.Text, f => x.Value(f) is string s && y.Value(f) is string t ? s + t : null);
        }
        if (left.Type.IsMoment && !left.IsNull) return MomentSum(sign, left, right);
        var (a, b) = (Operand(left), Operand(right));
        if (a.Type.Kind == SfKind.Real || b.Type.Kind == SfKind.Real)
        {
            return new Bound(SfType.Real, f => a.Value(f) is { } p && b.Value(f) is { } q ? Reals(sign, Conversion.ToDouble(p), Conversion.ToDouble(q)) : null);
        }
        var (s1, s2) = (a.Type.Scale, b.Type.Scale);
        var scale = sign switch
        {
            "*" => Math.Min(s1 + s2, Math.Max(Math.Max(s1, s2), 12)),
            "/" => Math.Max(s1, Math.Min(s1 + 6, 12)),
            _ => Math.Max(s1, s2),
        };
        return new Bound(SfType.Number(38, scale), f => a.Value(f) is decimal p && b.Value(f) is decimal q ? Decimals(sign, p, q, scale) : null);

        static Bound Operand(Bound bound) => bound.IsNull ? Null with { Type = SfType.Integer } : bound.Type.IsNumber ? bound
            : bound.Type.Kind is SfKind.Text or SfKind.Variant or SfKind.Boolean ? Cast(bound, SfType.Number(38, bound.Type.Kind == SfKind.Boolean ? 0 : 5), false)
            : throw new ModelError(1044, "42P13", $"SQL compilation error:\nInvalid argument types for function: ({bound.Type})");
    }

    private static double Reals(string sign, double p, double q) => sign switch
    {
        "+" => p + q,
        "-" => p - q,
        "*" => p * q,
        "/" => q == 0 ? throw ModelError.ZeroDivisor() : p / q,
        _ => q == 0 ? throw ModelError.ZeroDivisor() : p % q,
    };

    private static decimal Decimals(string sign, decimal p, decimal q, int scale)
    {
        try
        {
            return Math.Round(sign switch
            {
                "+" => p + q,
                "-" => p - q,
                "*" => p * q,
                "/" => q == 0 ? throw ModelError.ZeroDivisor() : p / q,
                _ => q == 0 ? throw ModelError.ZeroDivisor() : p % q,
            }, scale, MidpointRounding.AwayFromZero);
        }
        catch (OverflowException)
        {
            throw ModelError.OutOfRange($"{p} {sign} {q}");
        }
    }

    private static Bound MomentSum(string sign, Bound left, Bound right)
    {
        if (right.Type.Kind == SfKind.Date && left.Type.Kind == SfKind.Date && sign == "-")
            return new Bound(SfType.Number(9, 0), f => left.Value(f) is Moment p && right.Value(f) is Moment q ? (decimal)((p.Seconds - q.Seconds) / 86400) : null);
        if (left.Type.Kind != SfKind.Date || !right.Type.IsNumber) throw new ModelError(1044, "42P13", $"SQL compilation error:\nInvalid argument types for function '{sign}': ({left.Type}, {right.Type})");
        var direction = sign == "-" ? -1 : 1;
        return new Bound(left.Type, f => left.Value(f) is Moment p && right.Value(f) is { } q ? p with { Seconds = p.Seconds + (direction * 86400 * (long)Conversion.ToDecimal(q)) } : null);
    }
}
